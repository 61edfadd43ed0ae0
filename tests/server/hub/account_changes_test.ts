import { assert, assertEquals } from "@std/assert";
import { NO_ROOM_LIMITS } from "../../../server/hub/state/room_limits.ts";
import { codeOf, HubChat, type HubPeer, PASSWORD } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

const password = PASSWORD;

/** A chat in which Alice has registered, and is connected. */
function withAlice(room = "General") {
  const chat = new HubChat();
  const alice = chat.join("Alice", room);
  const account = chat.account("Alice", alice);
  return { chat, alice, account };
}

function memberNames(peer: HubPeer, room = "General"): [string[], number] {
  const answer = peer.send("members", { room }).at(-1);
  return [answer?.payload.members, answer?.payload.total];
}

Deno.test("hub gives nobody a registered name without its password", PURE, () => {
  const { chat, alice } = withAlice();
  for (const name of ["Alice", "ALICE", "\uff21lice"]) {
    for (const version of [undefined, 2]) {
      const connect = (more: Record<string, unknown>) =>
        codeOf(chat.dial().send("connect", { name, room: "General", version, ...more }));
      assertEquals(connect({}), "password_required");
      assertEquals(connect({ session: "made up" }), "password_required");
      assertEquals(connect({ password: "wrong" }), "wrong_password");
    }
  }
  assertEquals(alice.take(), []);
});

Deno.test(
  "hub says the same of a name that has another password and one that has none",
  PURE,
  () => {
    const { chat } = withAlice();
    const words = ["Alice", "Bobby"].map((name) => {
      const got = chat.dial().send("connect", { name, version: 2, password: "wrong" });
      return JSON.stringify(got).replaceAll(name, "NAME");
    });
    assertEquals(words[0], words[1]);
    assertEquals(words[0]?.includes("wrong_password"), true);
  },
);

Deno.test("hub lets a registered name be connected several times", PURE, () => {
  const { chat, alice } = withAlice();
  const phone = chat.join("alice", "General", { password });
  const lecture = chat.dial();
  const got = lecture.send("connect", { name: "Alice", room: "General", password });
  assertEquals(got.map(({ type }) => type), ["connect_ack"]);
  for (const peer of [alice, phone, lecture]) assertEquals(peer.isClosed, false);
  alice.send("message", { text: "Hi", ref: 1 });
  assertEquals([phone.heard(), lecture.heard()], [["Hi"], ["Hi"]]);
});

Deno.test("hub counts and lists the sessions of a name as one member", PURE, () => {
  const { chat, alice } = withAlice();
  const bob = chat.join("Bob", "General");
  const phone = chat.join("ALICE", "General", { password });
  assertEquals(memberNames(bob)[1], 2);
  assertEquals(memberNames(bob)[0].map((name) => name.toLowerCase()), ["alice", "bob"]);
  assertEquals(bob.send("rooms")[0]?.payload.rooms[0].members, 2);
  alice.end();
  assertEquals(memberNames(bob), [["ALICE", "Bob"], 2]);
  phone.end();
  assertEquals(memberNames(bob), [["Bob"], 1]);
});

Deno.test(
  "hub tells a room of the first session of a name that comes, and the last that goes",
  PURE,
  () => {
    const { chat, alice } = withAlice("Music");
    const bob = chat.join("Bob", "General");
    const phone = chat.join("Alice", "General", { password });
    assertEquals(bob.heard(), ["Alice has joined the room."]);
    alice.send("join", { room: "General" });
    assertEquals([bob.heard(), phone.heard()], [[], []]);
    phone.send("leave", { room: "General" });
    assertEquals(bob.heard(), []);
    alice.end();
    assertEquals(bob.heard(), ["Alice has left the room."]);
  },
);

Deno.test("hub gives each session of a name its own token, rooms and refs", PURE, () => {
  const { chat, alice } = withAlice();
  const phone = chat.join("Alice", "Music", { password });
  assert(phone.ack.session !== alice.ack.session);
  assertEquals(phone.ack.rooms.map(({ room }: { room: string }) => room), ["Music"]);
  for (const peer of [alice, phone]) {
    const room = peer === alice ? "General" : "Music";
    assertEquals(peer.send("message", { room, text: "one", ref: 1 })[0]?.payload.ref, 1);
  }
  phone.end();
  const again = chat.join("Alice", undefined, { session: phone.ack.session });
  assertEquals([again.ack.resumed, again.ack.rooms.length, alice.isClosed], [true, 1, false]);
});

Deno.test("hub gives a direct message to every session of a name", PURE, () => {
  const { chat, alice } = withAlice();
  const phone = chat.join("Alice", undefined, { password });
  const lecture = chat.dial();
  lecture.send("connect", { name: "Alice", room: "Tea", password });
  const bob = chat.join("Bob");
  const own = bob.expect("direct", bob.send("direct", { to: "ALICE", text: "Hi", ref: 1 }));
  assertEquals(own.payload.ref, 1);
  for (const peer of [alice, phone]) {
    const { payload } = peer.expect("direct", peer.take());
    assertEquals([payload.text, payload.seq, payload.ref], ["Hi", 1, undefined]);
  }
  assertEquals(lecture.heard(), ["Bob to Alice: Hi"]);
});

Deno.test("hub gives a direct message to the other sessions of its sender's name", PURE, () => {
  const { chat, alice } = withAlice();
  const phone = chat.join("Alice", undefined, { password });
  const bob = chat.join("Bob");
  chat.account("Bob", bob);
  chat.join("Bob", undefined, { password });
  const [own, ...more] = alice.send("direct", { to: "Bob", text: "Hi", ref: 7 }, "d1");
  assertEquals([own?.id, own?.payload.ref, more], ["d1", 7, []]);
  const copy = phone.expect("direct", phone.take());
  const { sender, to, text, ref, seq } = copy.payload;
  assertEquals([sender, to, text, ref, seq], ["Alice", "Bob", "Hi", undefined, 1]);
  assertEquals(bob.heard(), ["Hi"]);
  // And whether or not the recipient is registered, or has an inbox.
  const others = { Carol: chat.join("Carol"), Dave: chat.lecture("Dave") };
  for (const [to, peer] of Object.entries(others)) {
    alice.send("direct", { to, text: "Hi" });
    assertEquals([peer.take().length, phone.heard()], [1, ["Hi"]], to);
  }
});

Deno.test("hub gives a direct message to oneself to each session once", PURE, () => {
  const { chat, alice } = withAlice();
  const phone = chat.join("Alice", undefined, { password });
  const got = alice.send("direct", { to: "Alice", text: "note", ref: 1 });
  assertEquals(got.map(({ payload }) => payload.ref), [1]);
  assertEquals(phone.heard(), ["note"]);
});

Deno.test("hub resumes a session of a registered name by its token alone", PURE, () => {
  const { chat, alice } = withAlice();
  alice.end();
  const again = chat.join("Alice", undefined, { session: alice.ack.session });
  assertEquals([again.ack.resumed, again.ack.rooms.length], [true, 1]);
  // A password beside it is not checked.
  const { session } = alice.ack;
  assertEquals(chat.join("Alice", undefined, { session, password: "wrong" }).ack.resumed, true);
});

Deno.test(
  "hub lets a token of before a name was registered in under another name alone",
  PURE,
  () => {
    const chat = new HubChat();
    const stranger = chat.join("Alice", "General");
    const { session } = stranger.ack;
    chat.account("Alice");
    assertEquals(stranger.take().map(({ payload }) => payload.code), ["session_ended"]);
    assertEquals(stranger.isClosed, true);
    // The stranger gets none of what is said to Alice from now on.
    assertEquals(chat.hub.directory.names.holders("Alice"), []);
    const connect = (name: string) => chat.dial().send("connect", { name, version: 2, session });
    assertEquals(codeOf(connect("Alice")), "password_required");
    const [ack] = connect("Alicia");
    assertEquals([ack?.payload.resumed, ack?.payload.rooms.length], [true, 1]);
  },
);

Deno.test("hub ends the other sessions of a name when its password is changed", PURE, () => {
  const { chat, alice, account } = withAlice();
  const bob = chat.join("Bob", "General");
  const phone = chat.join("Alice", "Music", { password });
  const away = chat.join("Alice", "General", { password });
  away.end();
  for (const peer of [alice, bob, phone]) peer.take();
  chat.changePassword(account, alice);
  assertEquals(phone.take().map(({ payload }) => payload.code), ["session_ended"]);
  assertEquals([alice.isClosed, phone.isClosed], [false, true]);
  assertEquals([alice.take(), bob.take()], [[], []]);
  for (const { ack: { session } } of [phone, away]) {
    const connect = (more: Record<string, unknown>) =>
      chat.dial().send("connect", { name: "Alice", version: 2, session, ...more });
    assertEquals(codeOf(connect({})), "password_required");
    assertEquals(codeOf(connect({ password: "old one" })), "wrong_password");
    // Nor does it open the session under another name, where no password is asked for.
    const [other] = chat.dial().send("connect", {
      name: `Mallory ${chat.now}`,
      version: 2,
      session,
    });
    assertEquals([other?.type, other?.payload.resumed], ["connect_ack", false]);
    chat.now += 200_000;
    chat.hub.sweep(chat.now);
  }
});

Deno.test("hub resumes a session after a change of password by token and password", PURE, () => {
  const { chat, alice, account } = withAlice();
  const phone = chat.join("Alice", "Music", { password });
  chat.changePassword(account, alice);
  const { session } = phone.ack;
  const again = chat.join("Alice", undefined, { session, password });
  assertEquals([again.ack.resumed, again.ack.session], [true, session]);
  assertEquals(again.ack.rooms.map(({ room }: { room: string }) => room), ["Music"]);
  again.end();
  assertEquals(chat.join("Alice", undefined, { session }).ack.resumed, true);
});

Deno.test("hub lets a session go on that gives its name up, and ends the others", PURE, () => {
  const { chat, alice, account } = withAlice();
  const phone = chat.join("Alice", "General", { password });
  chat.unregister(account, alice);
  assertEquals(phone.take().map(({ payload }) => payload.code), ["session_ended"]);
  assertEquals([alice.isClosed, phone.isClosed], [false, true]);
  const connect = (more: Record<string, unknown>) =>
    codeOf(chat.dial().send("connect", { name: "Alice", version: 2, ...more }));
  assertEquals(connect({ session: phone.ack.session }), "name_taken");
  assertEquals(connect({ password }), "wrong_password");
  alice.end();
  assertEquals(connect({ session: alice.ack.session }), undefined);
});

Deno.test("hub learns of what another process has changed", PURE, () => {
  const { chat, alice, account } = withAlice();
  const bob = chat.join("Bob", "General");
  chat.syncAccounts(account);
  assertEquals([alice.isClosed, bob.isClosed], [false, false]);
  const changed = { ...account, passwordVersion: 2 };
  chat.syncAccounts(changed, { id: 50, name: "bob", passwordVersion: 1 });
  assertEquals([alice.isClosed, bob.isClosed], [true, true]);
  const phone = chat.join("Alice", "General", { password });
  // The name was given up and registered again: it is another account, whatever its passwordVersion.
  chat.syncAccounts({ ...changed, id: 60 });
  assertEquals(phone.isClosed, true);
  chat.syncAccounts();
  chat.join("Alice");
  chat.join("Bob");
});

Deno.test("hub lets a registered name be connected sixteen times, and no more", PURE, () => {
  const { chat } = withAlice();
  const others = Array.from({ length: 15 }, () => chat.join("Alice", "General", { password }));
  const connect = () => chat.dial().send("connect", { name: "Alice", version: 2, password });
  assertEquals(codeOf(connect()), "too_many_sessions");
  // The session that has been away for longest is evicted.
  others[3]?.end();
  chat.now += 1;
  others[4]?.end();
  assertEquals(codeOf(connect()), undefined);
  const resume = (session: string) =>
    chat.dial().send("connect", { name: "Alice", version: 2, session, password })[0]?.payload;
  assertEquals(resume(others[4]?.ack.session).resumed, true);
  assertEquals(resume(others[3]?.ack.session).code, "too_many_sessions");
  // Its token was void from its eviction, and not only for as long as there was no place.
  others[5]?.end();
  assertEquals(resume(others[3]?.ack.session).resumed, false);
});

Deno.test("hub refuses to rename a session to a registered name", PURE, () => {
  const { chat, alice } = withAlice();
  const bob = chat.join("Bob", "General");
  assertEquals(codeOf(bob.send("rename", { name: "ALICE" })), "password_required");
  alice.end();
  chat.now += 500_000;
  chat.hub.sweep(chat.now);
  assertEquals(codeOf(bob.send("rename", { name: "ALICE" })), "password_required");
});

Deno.test(
  "hub takes another session of the former name into account when one is renamed",
  PURE,
  () => {
    const { chat, alice } = withAlice();
    const bob = chat.join("Bob", "General");
    const phone = chat.join("Alice", "General", { password });
    phone.send("join", { room: "Music" });
    const carol = chat.join("Carol", "Music");
    for (const peer of [alice, bob, phone]) peer.take();
    const [told] = phone.send("rename", { name: "Ann" }, "r1");
    assertEquals([told?.id, told?.payload.event, told?.payload.new_name], ["r1", "renamed", "Ann"]);
    assertEquals([alice.heard(), bob.heard()], [
      ["Ann has joined the room."],
      ["Ann has joined the room."],
    ]);
    assertEquals(carol.heard(), ["Alice is now known as Ann."]);
    assertEquals(memberNames(bob), [["Alice", "Ann", "Bob"], 3]);
    // It has left the registered name, and its authentication with it.
    phone.end();
    const { session } = phone.ack;
    assertEquals(
      codeOf(chat.dial().send("connect", { name: "Alice", version: 2, session })),
      "password_required",
    );
  },
);

Deno.test(
  "hub tells nobody when one of two sessions goes over to another registered name",
  PURE,
  () => {
    const { chat } = withAlice();
    const bob = chat.join("Bob", "General");
    chat.account("Bob", bob);
    const phone = chat.join("Alice", "General", { password });
    const carol = chat.join("Carol", "General");
    bob.take();
    const { session } = phone.ack;
    assertEquals(chat.join("Bob", undefined, { session, password }).ack.resumed, true);
    assertEquals([bob.heard(), carol.heard()], [[], []]);
    assertEquals(memberNames(carol), [["Alice", "Bob", "Carol"], 3]);
  },
);

Deno.test("hub that takes registered names alone takes no others", PURE, () => {
  const chat = new HubChat({ ...NO_ROOM_LIMITS, registeredOnly: true });
  const connect = (name: string, more: Record<string, unknown> = {}) =>
    chat.dial().send("connect", { name, version: 2, ...more });
  assertEquals(codeOf(connect("Alice")), "password_required");
  assertEquals(codeOf(connect("Alice", { password })), "wrong_password");
  const account = chat.account("Alice");
  const alice = chat.join("Alice", "General", { password });
  assertEquals(codeOf(alice.send("rename", { name: "Bob" })), "password_required");
  const { session } = alice.ack;
  assertEquals(codeOf(connect("Bob", { session })), "password_required");
  assertEquals(connect("Alice", { session })[0]?.payload.resumed, true);
  const again = chat.join("Alice", "General", { password });
  chat.unregister(account, again);
  assertEquals(again.isClosed, true);
});

const [REAL, FAKE] = ["Alice", "\u0410lice"] as const;

Deno.test("hub refuses a lookalike of a name in the room", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join(REAL, "General");
  const connect = (room?: string) =>
    chat.dial().send("connect", { name: FAKE, version: 2, room }, "c1");
  assertEquals(codeOf(connect("General")), "lookalike_name");
  const fake = chat.join(FAKE, "Music");
  assertEquals(codeOf(fake.send("join", { room: "GENERAL" })), "lookalike_name");
  assertEquals(codeOf(alice.send("join", { room: "Music" })), "lookalike_name");
  fake.send("leave", { room: "Music" });
  assertEquals(codeOf(alice.send("join", { room: "Music" })), undefined);
  const bob = chat.join("Bob", "General");
  assertEquals(codeOf(bob.send("rename", { name: "AIice" })), "lookalike_name");
  alice.send("leave", { room: "General" });
  assertEquals(codeOf(bob.send("rename", { name: "AIice" })), undefined);
});

Deno.test("hub refuses a lookalike of a held name in its rooms", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join(REAL, "General");
  alice.end();
  const connect = () => chat.dial().send("connect", { name: FAKE, version: 2, room: "General" });
  assertEquals(codeOf(connect()), "lookalike_name");
  assertEquals(chat.join(REAL, undefined, { session: alice.ack.session }).ack.resumed, true);
});

Deno.test("hub refuses a lookalike of a registered name in every room", PURE, () => {
  const { chat } = withAlice();
  for (const version of [undefined, 2]) {
    const got = chat.dial().send("connect", { name: FAKE, version, room: "Elsewhere" });
    assertEquals(codeOf(got), "lookalike_name");
  }
  assertEquals(codeOf(chat.join("Bob").send("rename", { name: FAKE })), "lookalike_name");
});

Deno.test("hub lets two ordinary names stand in one room, and be registered", PURE, () => {
  const chat = new HubChat();
  for (const [one, other] of [["Ian", "Lan"], ["AI", "Al"], ["Arno", "Amo"]] as const) {
    const first = chat.join(one, "General");
    const second = chat.join(other, "General");
    const accounts = [chat.account(one, first), chat.account(other, second)];
    // The guard is as good for both of them, and after a change of either.
    for (const account of accounts) chat.changePassword(account);
    for (const name of [one, other]) {
      const fake = name.replace(/[AIL]/, (letter) => ({ A: "\u0410", I: "\u0406" })[letter] ?? "1");
      const got = chat.dial().send("connect", { name: fake, version: 2, room: "Elsewhere" });
      assertEquals(codeOf(got), "lookalike_name", fake);
    }
  }
});

Deno.test("hub lets one name be written in ways that look different", PURE, () => {
  const { chat } = withAlice();
  for (const name of ["ALICE", "alice", "\uff21LICE"]) chat.join(name, "General", { password });
});
