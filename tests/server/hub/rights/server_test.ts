/** Rights on a real server: kept across restarts, told to those whom they hit, in one order with what is said. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { AccountTable } from "../../../../server/log/sqlite/tables/accounts.ts";
import { RightsTable } from "../../../../server/log/sqlite/tables/rights.ts";
import { Statements } from "../../../../server/log/sqlite/tables/statements.ts";
import { Directory } from "../../../fixtures/files.ts";
import { PatchedLog } from "../../../fixtures/patched_log.ts";
import { startServer, type TestServer } from "../../../fixtures/server.ts";
import type { TestClient } from "../../../fixtures/test_client.ts";

const password = "correct horse";

/** A client whose name is registered, in no room. */
async function signedIn(chat: TestServer, name: string): Promise<TestClient> {
  const peer = await chat.connect(name);
  await peer.ask("register", { password });
  return peer;
}

/** Runs one test with a log in memory, and one with a log in a file, whose server can be restarted. */
function onEachServer(name: string, scenario: (start: () => Promise<TestServer>) => Promise<void>) {
  Deno.test(`${name} (log in memory)`, () => scenario(() => startServer()));
  Deno.test(`${name} (log in a file)`, async () => {
    using directory = new Directory();
    await scenario(() => startServer({}, directory.file()));
  });
}

onEachServer(
  "a private room is made, entered by those invited, and unknown to all others",
  async (start) => {
    await using chat = await start();
    using alice = await signedIn(chat, "Alice");
    using bob = await signedIn(chat, "Bob");
    using carol = await chat.connect("Carol");
    await alice.ask("join", { room: "Tea" });
    const made = await alice.ask("configure", { room: "Tea", access: "invite" });
    assertEquals([made.type, made.payload.kind, made.payload.seq], ["message", "act", 1]);
    assertEquals(made.payload.act, { event: "configured", access: "invite" });
    assertEquals(await bob.refusal("join", { room: "Tea" }), "invite_only");
    const invited = await alice.ask("invite", { room: "Tea", name: "bob" });
    assertEquals([invited.payload.text, invited.payload.seq], ["invited Bob", 2]);
    const { payload: direct } = await bob.receive("direct");
    assertEquals([direct.sender, direct.room, direct.text], ["Alice", "Tea", "invites you to Tea"]);
    assertEquals((await bob.ask("join", { room: "tea" })).payload.event, "joined");
    assertEquals((await carol.ask("rooms")).payload.rooms, []);
    const { payload: link } = await alice.ask("invite", { room: "Tea", uses: 1, days: 2 });
    assertMatch(link.code, /^[a-z2-9]{16}$/);
    assertEquals((await carol.ask("join", { room: "Tea", code: link.code })).payload.seq, 3);
    using dave = await chat.connect("Dave");
    assertEquals(await dave.refusal("join", { room: "Tea", code: link.code }), "unknown_invite");
    const { payload: history } = await carol.ask("history", { room: "Tea" });
    assertEquals(history.messages.map(({ text }: { text: string }) => text).slice(0, 2), [
      "made the room invite-only",
      "invited Bob",
    ]);
    assertEquals(history.messages[1].act, { event: "invited", name: "Bob" });
    assertEquals((await bob.ask("unread")).payload.rooms[0].unread, 0);
  },
);

Deno.test("an invitation waits in the inbox of a name that is away, across a restart", async () => {
  using directory = new Directory();
  let session: string;
  {
    await using chat = await startServer({}, directory.file());
    using alice = await signedIn(chat, "Alice");
    const bob = await signedIn(chat, "Bob");
    session = bob.ack.session;
    bob[Symbol.dispose]();
    await alice.ask("join", { room: "Tea" });
    await alice.ask("configure", { room: "Tea", access: "invite" });
    await alice.ask("invite", { room: "Tea", name: "Bob" });
  }
  await using chat = await startServer({}, directory.file());
  using bob = await chat.connect("Bob", { session });
  const heard = await bob.settled();
  const direct = heard.find(({ type }) => type === "direct");
  assertEquals([direct?.payload.room, direct?.payload.sender], ["Tea", "Alice"]);
  using other = await chat.connect("Bob", { password, room: "Tea" });
  assertEquals(other.ack.rooms, [{ room: "Tea", seq: 2 }]);
});

Deno.test("roles, settings, bans, mutes and codes hold after a restart", async () => {
  using directory = new Directory();
  let code: string;
  {
    await using chat = await startServer({}, directory.file());
    using alice = await signedIn(chat, "Alice");
    using _bob = await signedIn(chat, "Bob");
    await alice.ask("join", { room: "Tea" });
    await alice.ask("message", { text: "hello" });
    await alice.ask("role", { room: "Tea", name: "Bob", role: "moderator" });
    await alice.ask("configure", {
      room: "Tea",
      access: "invite",
      topic_by: "moderators",
      slow: 9,
    });
    await alice.ask("kick", { room: "Tea", name: "Mallory", for: 3600, reason: "spam" });
    await alice.ask("mute", { room: "Tea", name: "Loud", for: "ever" });
    await alice.ask("kick", { room: "Tea", name: "Once", for: "ever" });
    await alice.ask("unban", { room: "Tea", name: "once" });
    code = (await alice.ask("invite", { room: "Tea", uses: 2 })).payload.code;
    using guest = await chat.connect("Guest");
    await guest.ask("join", { room: "Tea", code });
  }
  await using chat = await startServer({}, directory.file());
  using bob = await chat.connect("Bob", { room: "Tea", password });
  const { payload: room } = await bob.ask("room", { room: "Tea" });
  assertEquals(room, {
    ...{ room: "Tea", topic: "", access: "invite", slow: 9, topic_by: "moderators" },
    ...{ owners: ["Alice"], moderators: ["Bob"], you: "moderator" },
  });
  const { payload: { bans, more } } = await bob.ask("bans", { room: "Tea" });
  assertEquals(more, false);
  assertEquals(
    bans.map(({ name, kind, by, reason, until, at }: Record<string, unknown>) => [
      ...[name, kind, by, reason, until === undefined ? "ever" : Number(until) - Number(at)],
    ]),
    [["Loud", "mute", "Alice", undefined, "ever"], ["Mallory", "ban", "Alice", "spam", 3_600_000]],
  );
  using last = await chat.connect("Last", { room: "Tea", code });
  assertEquals(last.ack.rooms.length, 1);
  using late = await chat.dial();
  assertEquals(
    await late.refusal("connect", { name: "Late", version: 2, room: "Tea", code }),
    "unknown_invite",
  );
});

onEachServer(
  "a banned session is told, gets nothing more of the room, and does not come back",
  async (start) => {
    await using chat = await start();
    using alice = await signedIn(chat, "Alice");
    await alice.ask("join", { room: "Tea" });
    using mallory = await chat.join("Mallory", "Tea");
    const { payload: act } = await alice.ask("kick", {
      ...{ room: "Tea", name: "mallory", for: 86_400, reason: "spam" },
    });
    assertEquals([act.act.event, act.act.name, act.act.reason], ["banned", "Mallory", "spam"]);
    assertMatch(act.text, /^banned Mallory until \d{4}-\d\d-\d\d \d\d:\d\d UTC: spam$/);
    await alice.ask("message", { room: "Tea", text: "finally" });
    const heard = await mallory.settled();
    assertEquals(heard.map(({ type, payload }) => payload.event ?? type), ["banned"]);
    assertEquals(heard[0]?.payload.by, "Alice");
    assertMatch(
      heard[0]?.payload.message,
      /^You were banned from Tea until .* UTC by Alice: spam$/,
    );
    for (const type of ["join", "members", "topic", "room"]) {
      assertEquals(await mallory.refusal(type, { room: "Tea" }), "banned", type);
    }
    assertEquals(await mallory.refusal("history", { room: "Tea" }), "not_in_room");
    using lookalike = await chat.connect("Ma11ory");
    assertEquals(await lookalike.refusal("join", { room: "Tea" }), "banned");
    assertEquals(await lookalike.refusal("message", { room: "Tea", text: "x" }), "not_in_room");
  },
);

onEachServer(
  "a session that is banned while it is away is told when it comes back, and sent nothing",
  async (start) => {
    await using chat = await start();
    using alice = await signedIn(chat, "Alice");
    await alice.ask("join", { room: "Tea" });
    const away = await chat.join("Mallory", "Tea");
    const { session } = away.ack;
    await alice.ask("ping");
    away[Symbol.dispose]();
    while ((await alice.receive("notification")).payload.event !== "left");
    await alice.ask("kick", { room: "Tea", name: "Mallory", for: "ever", reason: "spam" });
    await alice.ask("message", { room: "Tea", text: "among us" });
    using mallory = await chat.connect("Mallory", { session, since: { Tea: 0 }, room: "Tea" });
    assertEquals([mallory.ack.resumed, mallory.ack.rooms], [true, []]);
    const heard = await mallory.settled();
    assertEquals(heard.map(({ type, payload }) => [type, payload.event, payload.message]), [
      ["notification", "banned", "You were banned from Tea for ever by Alice: spam"],
    ]);
  },
);

Deno.test("a kicked lecture client is told in a notification, and closed; a refused one is told in words", async () => {
  await using chat = await startServer();
  using alice = await signedIn(chat, "Alice");
  await alice.ask("join", { room: "Tea" });
  using bob = await chat.lecture("Bob", "Tea");
  await alice.ask("kick", { room: "Tea", name: "Bob", reason: "spam" });
  const heard = await bob.rest();
  assertEquals(heard.map(({ type }) => type), ["notification"]);
  assertEquals(heard[0]?.payload.message, "You were removed from Tea by Alice: spam");
  using again = await chat.lecture("Bob", "Tea");
  assertEquals(
    (await alice.settled()).map(({ payload }) => payload.message).filter(Boolean),
    [
      ...["Bob has joined the room.", "Bob has left the room.", "Bob has joined the room."],
    ].slice(1),
  );
  await alice.ask("configure", { room: "Tea", access: "invite" });
  using carol = await chat.dial();
  await carol.send("connect", { name: "Carol", room: "Tea" });
  const refused = await carol.next();
  assertEquals([refused?.type, refused?.payload.code], ["notification", "invite_only"]);
  assertEquals((await again.next())?.payload.text, "made the room invite-only");
});

Deno.test("a mute holds until it is lifted, and follows no other name", async () => {
  await using chat = await startServer();
  using alice = await signedIn(chat, "Alice");
  await alice.ask("join", { room: "Tea" });
  using bob = await chat.join("Bob", "Tea");
  await bob.ask("message", { text: "before", ref: 1 });
  await alice.ask("mute", { room: "Tea", name: "Bob", for: 60, reason: "hush" });
  const { payload } = await bob.ask("message", { text: "now", ref: 2 });
  assertEquals(payload.code, "muted");
  assert(payload.retry_after > 50_000 && payload.retry_after <= 60_000);
  assertStringIncludes(payload.message, "by Alice: hush");
  assertEquals((await bob.ask("message", { text: "before", ref: 1 })).payload.seq, 1);
  assertEquals(await bob.refusal("topic", { room: "Tea", topic: "x" }), "muted");
  assertEquals(await bob.refusal("rename", { name: "Rob" }), "muted");
  using rob = await chat.dial();
  const resumed = { name: "Rob", version: 2, session: bob.ack.session };
  assertEquals(await rob.refusal("connect", resumed), "muted");
  await alice.ask("unmute", { room: "Tea", name: "Bob" });
  assertEquals((await bob.ask("message", { text: "now", ref: 2 })).payload.text, "now");
});

Deno.test("slow mode makes a name wait, but not for the answer to what it has said", async () => {
  await using chat = await startServer();
  using alice = await signedIn(chat, "Alice");
  await alice.ask("join", { room: "Tea" });
  using bob = await chat.join("Bob", "Tea");
  await alice.ask("configure", { room: "Tea", slow: 3600 });
  assertEquals((await bob.ask("message", { text: "one", ref: 1 })).type, "message");
  const { payload } = await bob.ask("message", { text: "two", ref: 2 });
  assertEquals([payload.code, payload.retry_after > 3_500_000], ["slow_mode", true]);
  assertEquals((await bob.ask("message", { text: "one", ref: 1 })).payload.text, "one");
  assertEquals(await bob.refusal("rename", { name: "Rob" }), "slow_mode");
  assertEquals((await alice.ask("message", { text: "a" })).type, "message");
  assertEquals((await alice.ask("message", { text: "b" })).type, "message");
});

Deno.test("a room never loses its last owner", async () => {
  await using chat = await startServer();
  using alice = await signedIn(chat, "Alice");
  using bob = await signedIn(chat, "Bob");
  for (const peer of [alice, bob]) await peer.ask("join", { room: "Tea" });
  assertEquals(
    await alice.refusal("role", { room: "Tea", name: "Alice", role: "member" }),
    "not_allowed",
  );
  await alice.ask("role", { room: "Tea", name: "Bob", role: "moderator" });
  await alice.ask("leave", { room: "Tea" });
  await alice.ask("unregister", { password });
  const { payload } = await bob.ask("room", { room: "Tea" });
  assertEquals([payload.owners, payload.moderators, payload.you], [["Bob"], [], "owner"]);
});

Deno.test("a room that nobody owns is everybody's until an operator gives it away", async () => {
  using directory = new Directory();
  {
    await using chat = await startServer({}, directory.file());
    using guest = await chat.join("Guest", "Tea");
    await guest.ask("message", { text: "first" });
    using _root = await signedIn(chat, "Root");
    using _alice = await signedIn(chat, "Alice");
  }
  operate(directory.file(), ({ accounts }) => accounts.setOperator("root", true));
  await using chat = await startServer({}, directory.file());
  using alice = await chat.connect("Alice", { password, room: "Tea" });
  assertEquals(await alice.refusal("configure", { room: "Tea", slow: 1 }), "not_allowed");
  using root = await chat.connect("Root", { password, room: "Tea" });
  await root.ask("role", { room: "Tea", name: "Alice", role: "owner" });
  assertEquals((await alice.ask("configure", { room: "Tea", slow: 1 })).type, "message");
  assertEquals(await alice.refusal("kick", { room: "Tea", name: "Root" }), "not_allowed");
});

Deno.test("a running server hears of operators and of bans that another process makes", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using root = await signedIn(chat, "Root");
  using mallory = await chat.join("Mallory", "Tea");
  operate(directory.file(), ({ accounts, rights }) => {
    accounts.setOperator("Root", true);
    rights.ban({
      kind: "ban",
      name: "Mallory",
      by: "the operator",
      reason: "spam",
      at: Date.now(),
    });
  });
  const heard = await mallory.rest();
  assertEquals(heard.map(({ payload }) => payload.code), ["banned"]);
  assertEquals(heard[0]?.payload.message, "This server has banned you for ever: spam");
  using again = await chat.dial();
  assertEquals(await again.refusal("connect", { name: "mallory", version: 2 }), "banned");
  await root.ask("join", { room: "Tea" });
  assertEquals((await root.ask("room", { room: "Tea" })).payload.you, "operator");
});

Deno.test("a ban that the log could not keep is none: its target comes back and has missed nothing", async () => {
  const patched = new PatchedLog();
  await using chat = await startServer({ log: patched.log });
  using alice = await signedIn(chat, "Alice");
  await alice.ask("join", { room: "Tea" });
  using bob = await chat.join("Bob", "Tea");
  await alice.ask("message", { text: "one" });
  patched.replace(
    "append",
    (drafts) => Promise.resolve(drafts.map(() => ({ kind: "failed", reason: "the disk is full" }))),
  );
  assertEquals(
    await alice.refusal("kick", { room: "Tea", name: "Bob", for: "ever" }),
    "log_failed",
  );
  patched.restore("append");
  assertEquals((await bob.rest()).map(({ payload }) => payload.code ?? payload.text), [
    ...["one", "log_failed"],
  ]);
  await alice.ask("message", { text: "two" });
  using again = await chat.connect("Bob", { session: bob.ack.session, since: { Tea: 1 } });
  assertEquals(again.ack.rooms, [{ room: "Tea", seq: 2 }]);
  const texts = (await again.settled()).flatMap(({ payload }) => payload.text ?? []);
  assertEquals(texts, ["two"]);
  assertEquals((await alice.ask("bans", { room: "Tea" })).payload.bans, []);
});

/** Does what an operator's command does to the file of a server that runs. */
function operate(
  path: string,
  act: (tables: { accounts: AccountTable; rights: RightsTable }) => void,
): void {
  using database = new DatabaseSync(path);
  const sql = new Statements(database);
  act({ accounts: new AccountTable(sql), rights: new RightsTable(sql) });
}
