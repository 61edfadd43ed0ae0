/** Rights of rooms: the requests that commands make, and what acts and removals change. */

import { assert, assertEquals } from "@std/assert";
import { Chat } from "../../../core/chat/chat.ts";
import { submit } from "../../../core/chat/commands.ts";
import { complete, knownTo } from "../../../core/chat/completion.ts";
import type { Effect } from "../../../core/chat/items.ts";
import type { Act, Event, MessagePayload, NotificationPayload } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Alice in Tea and Work, typing into Tea; Bob and Mary Ann are in Tea. */
function alice(): Chat {
  const chat = new Chat("Alice", "Tea", 0);
  const rooms = [{ room: "Tea", seq: 0 }, { room: "Work", seq: 0 }];
  chat.connected({ message: "", name: "Alice", rooms });
  for (const name of ["Bob", "Mary Ann"]) notify(chat, { event: "joined", room: "Tea", name });
  return chat;
}

function notify(chat: Chat, payload: Omit<NotificationPayload, "message">): Effect[] {
  return chat.receive({ type: "notification", payload: { message: "in words", ...payload } }, 0);
}

/** The request that a line makes, or the words of what was wrong. */
function made(line: string, chat = alice()): unknown {
  const [effect] = submit(chat.state, line);
  if (effect?.kind === "send") return { type: effect.request.type, ...effect.request.payload };
  return effect?.kind === "show" && "text" in effect.item ? effect.item.text : effect;
}

function answer(chat: Chat, effects: Effect[], event: Event): Effect[] {
  const [asked] = effects;
  assert(asked?.kind === "send" && asked.request.id !== undefined);
  return chat.receive({ ...event, id: asked.request.id }, 0);
}

/** The texts of the client's own words among the effects. */
function texts(effects: Effect[]): string[] {
  return effects.flatMap((effect) =>
    effect.kind === "show" && "text" in effect.item ? [effect.item.text] : []
  );
}

function acted(act: Act, seq = 1, sender = "Alice"): MessagePayload {
  return { sender, room: "Tea", text: "did it", seq, at: 0, kind: "act", act };
}

Deno.test("each command about rights makes the request of the wire", PURE, () => {
  const about = { room: "Tea", name: "Bob" };
  const cases: [string, unknown][] = [
    ["/about", { type: "room", room: "Tea" }],
    ["/about Work", { type: "room", room: "Work" }],
    ["/kick Bob", { type: "kick", ...about }],
    ["/kick bob too loud", { type: "kick", room: "Tea", name: "bob", reason: "too loud" }],
    ["/kick mary ann too loud", {
      type: "kick",
      room: "Tea",
      name: "mary ann",
      reason: "too loud",
    }],
    ["/kick Mary Ann", { type: "kick", room: "Tea", name: "Mary Ann" }],
    ['/kick "Bad Guy" 2h', { type: "kick", room: "Tea", name: "Bad Guy", reason: "2h" }],
    ["/ban Bob", { type: "kick", ...about, for: 86_400 }],
    ["/ban Bob 2h", { type: "kick", ...about, for: 7200 }],
    ["/ban Bob EVER spam, again", { type: "kick", ...about, for: "ever", reason: "spam, again" }],
    ["/ban Bob spam", { type: "kick", ...about, for: 86_400, reason: "spam" }],
    ['/ban "Bad Guy" 30s', { type: "kick", room: "Tea", name: "Bad Guy", for: 30 }],
    ["/unban Bob", { type: "unban", ...about }],
    ['/unban "Bad Guy"', { type: "unban", room: "Tea", name: "Bad Guy" }],
    ["/bans", { type: "bans", room: "Tea" }],
    ["/mute Bob 10m", { type: "mute", ...about, for: 600 }],
    ["/mute Bob 1w shouts", { type: "mute", ...about, for: 604_800, reason: "shouts" }],
    ["/unmute Mary Ann", { type: "unmute", room: "Tea", name: "Mary Ann" }],
    ["/role Bob moderator", { type: "role", ...about, role: "moderator" }],
    ["/role Mary Ann VOICE", { type: "role", room: "Tea", name: "Mary Ann", role: "voice" }],
    ["/access invite", { type: "configure", room: "Tea", access: "invite" }],
    ["/slow 30", { type: "configure", room: "Tea", slow: 30 }],
    ["/slow 0", { type: "configure", room: "Tea", slow: 0 }],
    ["/topic-by moderators", { type: "configure", room: "Tea", topic_by: "moderators" }],
    ["/invite", { type: "invite", room: "Tea" }],
    ["/invite Bob", { type: "invite", ...about }],
    ["/invite Zoe Two", { type: "invite", room: "Tea", name: "Zoe Two" }],
    ["/invite --uses 5 --days=2", { type: "invite", room: "Tea", uses: 5, days: 2 }],
    ["/log", { type: "history", room: "Tea", limit: 500 }],
    ["/join Ops --code k7mq", { type: "join", room: "Ops", code: "k7mq" }],
    ["/join Big Room", { type: "join", room: "Big Room" }],
  ];
  for (const [line, expected] of cases) assertEquals(made(line), expected, line);
});

Deno.test("a command about rights names the argument and its limit when it is wrong", PURE, () => {
  const time = "FOR is a time such as 10m, 2h or 3d, up to 3650d, or ever";
  const cases: [string, string][] = [
    ["/kick", "Write /kick NAME [REASON]"],
    ["/ban Bob 2", `Cannot do /ban: ${time}`],
    ["/ban Bob 0m", `Cannot do /ban: ${time}`],
    ["/ban Bob 3651d", `Cannot do /ban: ${time}`],
    ["/mute Bob", `Cannot do /mute: ${time}`],
    ["/mute Bob soon", `Cannot do /mute: ${time}`],
    [`/kick Bob ${"x".repeat(257)}`, "Cannot do /kick: the reason has more than 256 characters"],
    [`/kick ${"x".repeat(33)}`, "Cannot do /kick: the name has more than 32 characters"],
    ["/role Bob king", "Cannot do /role: write one of member, voice, moderator, owner"],
    ["/access closed", "Cannot do /access: write one of open, invite, moderated"],
    ["/topic-by me", "Cannot do /topic-by: write one of all, moderators"],
    ["/slow 3601", "Cannot do /slow: SECONDS must be a whole number from 0 to 3600"],
    ["/slow -1", "Cannot do /slow: SECONDS must be a whole number from 0 to 3600"],
    [
      "/unban Bad Guy",
      'Cannot do /unban: a NAME with spaces needs quotation marks: /unban "Bad Guy"',
    ],
    ["/invite --uses 1001", "Cannot do /invite: --uses must be a whole number from 1 to 1000"],
    ["/invite --days", "Cannot do /invite: --days must be a whole number from 1 to 365"],
    ["/invite --hours 3", "Cannot do /invite: there is no --hours, but --uses N, --days N"],
    [
      "/invite Bob --uses 3",
      "Cannot do /invite: --uses and --days are for a code, which has no NAME",
    ],
    ["/log 501", "Write /log N, with N from 1 to 500"],
  ];
  for (const [line, expected] of cases) assertEquals(made(line), expected, line.slice(0, 40));
});

Deno.test("a ban and a mute say how to take them back, and are known to completion", PURE, () => {
  const chat = alice();
  const banning = submit(chat.state, "/ban Bob 2h");
  const act = { event: "banned", name: "Bob", until: 7_200_000 } as const;
  const done = answer(chat, banning, { type: "message", payload: acted(act) });
  assertEquals(texts(done), ["/unban Bob lifts the ban"]);
  assertEquals(offered(chat, "/unban b"), ["Bob "]);
  assertEquals([...chat.state.rooms.get("tea")?.members.values() ?? []], ["Mary Ann"]);
});

Deno.test("a refusal says what to do about it", PURE, () => {
  const chat = alice();
  const refuse = (line: string, code: "not_allowed" | "invite_only" | "unknown_invite") =>
    texts(answer(chat, submit(chat.state, line), {
      type: "error",
      payload: { code, message: "In words." },
    }))[0];
  assertEquals(refuse("/kick Bob", "not_allowed"), "In words; /about says what you may do here");
  assertEquals(
    refuse("/join Ops", "invite_only"),
    "Cannot enter Ops: In words; with an invitation code it is /join ROOM --code CODE",
  );
  assertEquals(
    refuse("/join Ops --code x", "unknown_invite"),
    "Cannot enter Ops: In words; ask for a new invitation",
  );
});

Deno.test("a code is shown as the address that invites", PURE, () => {
  const chat = alice();
  chat.state.inviteLink = (room, code) => `chats://h/${room}?code=${code}`;
  const invite = { room: "Tea", code: "k7mq", uses: 1, until: 0 };
  const shown = answer(chat, submit(chat.state, "/invite"), { type: "invite", payload: invite });
  const link = "chats://h/Tea?code=k7mq";
  assertEquals(shown, [{ kind: "show", item: { kind: "invitation", invite, link } }]);
});

Deno.test("an invitation in the inbox says what to type", PURE, () => {
  const chat = alice();
  const payload = { sender: "Bob", to: "Alice", text: "come", seq: 1, at: 0, room: "Big Room" };
  assertEquals(texts(chat.receive({ type: "direct", payload }, 0)), [
    "To enter it: /join Big Room",
  ]);
  chat.state.ignore("Bob", true);
  assertEquals(chat.receive({ type: "direct", payload: { ...payload, seq: 2 } }, 0), []);
});

Deno.test("an act is shown whoever did it, and calls the person that it concerns", PURE, () => {
  const chat = alice();
  chat.state.ignore("Bob", true);
  const shown = (act: Act, seq: number) =>
    chat.message(acted(act, seq, "Bob")).flatMap((effect) =>
      effect.kind === "show" && effect.item.kind === "message" ? [effect.item.mention] : []
    );
  assertEquals(shown({ event: "muted", name: "alice" }, 1), [true]);
  assertEquals(shown({ event: "muted", name: "Mary Ann" }, 2), [false]);
  assertEquals(shown({ event: "configured", slow: 3 }, 3), [false]);
});

Deno.test("a person who is removed from a room is told and goes on in another", PURE, () => {
  for (const event of ["kicked", "banned"] as const) {
    const chat = alice();
    const told = notify(chat, { event, room: "Tea", name: "Alice", by: "Bob", reason: "spam" });
    const [shown] = told;
    assert(shown?.kind === "show" && shown.item.kind === "happened");
    const removal = { by: "Bob", room: "Tea", reason: "spam", until: undefined };
    assertEquals(shown.item.what, { event, removal });
    assertEquals([chat.state.activeRoom?.name, chat.state.rooms.has("tea")], ["Work", false]);
    // Nothing is asked: it does not come back by itself.
    const again = chat.connected({ message: "", name: "Alice", rooms: [{ room: "Work", seq: 0 }] });
    assertEquals(again.some((each) => each.kind === "send" && each.request.type === "join"), false);
  }
});

Deno.test("a person who was removed while away does not ask to come back", PURE, () => {
  const chat = alice();
  chat.state.disconnected();
  const rooms = [{ room: "Work", seq: 0 }];
  const effects = chat.connected({ message: "", name: "Alice", resumed: true, rooms });
  const sent = () => effects.flatMap((each) => each.kind === "send" ? [each.request] : []);
  assertEquals(sent().map(({ type }) => type), ["members", "ping"]);
  notify(chat, { event: "banned", room: "Tea", name: "Alice", by: "Bob" });
  const id = sent()[1]?.id ?? "";
  assertEquals(chat.receive({ type: "pong", id, payload: {} }, 0), []);
});

Deno.test("a room that a resumed session has lost is entered again", PURE, () => {
  const chat = alice();
  chat.state.disconnected();
  const rooms = [{ room: "Work", seq: 0 }];
  const effects = chat.connected({ message: "", name: "Alice", resumed: true, rooms });
  const ping = effects.filter((each) => each.kind === "send" && each.request.type === "ping");
  const [asked] = answer(chat, ping, { type: "pong", payload: {} });
  assert(asked?.kind === "send");
  assertEquals(asked.request.payload, { room: "Tea", since: 0 });
});

Deno.test("/log shows the acts among the last messages, page after page", PURE, () => {
  const chat = alice();
  const said = (seq: number) => ({ sender: "Bob", room: "Tea", text: "hi", seq, at: 0 });
  const page = (from: number, act: MessagePayload) => ({
    type: "history" as const,
    payload: {
      room: "Tea",
      messages: [act, ...Array.from({ length: 499 }, (_, index) => said(from + 1 + index))],
      more: true,
    },
  });
  const last = acted({ event: "kicked", name: "Bob" }, 1501);
  const before = acted({ event: "muted", name: "Bob" }, 1001);
  const next = answer(chat, submit(chat.state, "/log 2"), page(1501, last));
  const shown = answer(chat, next, page(1001, before));
  assertEquals(shown, [{
    kind: "show",
    item: { kind: "acts", room: "Tea", acts: [before, last], isAll: false },
  }]);
});

Deno.test("/log looks through no more than its reach", PURE, () => {
  const chat = alice();
  let effects = submit(chat.state, "/log");
  let asked = 0;
  for (; effects[0]?.kind === "send"; asked++) {
    const messages = Array.from({ length: 500 }, (_, index) => ({
      ...{ sender: "Bob", room: "Tea", text: "hi", at: 0 },
      seq: 9_501 - 500 * asked + index,
    }));
    const payload = { room: "Tea", messages, more: true };
    effects = answer(chat, effects, { type: "history", payload });
  }
  assertEquals(asked, 4);
});

Deno.test("/bans lists page after page", PURE, () => {
  const chat = alice();
  const ban = { name: "Bob", kind: "ban", by: "Alice", at: 0 } as const;
  const mute = { name: "Zoe", kind: "mute", by: "Alice", at: 0 } as const;
  const first = { room: "Tea", bans: [ban], more: true };
  const next = answer(chat, submit(chat.state, "/bans"), { type: "bans", payload: first });
  assert(next[0]?.kind === "send");
  assertEquals(next[0].request.payload, { room: "Tea", after: "Bob" });
  const shown = answer(chat, next, {
    type: "bans",
    payload: { ...first, bans: [mute], more: false },
  });
  const item = { kind: "bans", room: "Tea", bans: [ban, mute] } as const;
  assertEquals(shown, [{ kind: "show", item: { ...item, bans: [ban, mute] } }]);
  assertEquals(offered(chat, "/unban z"), ["Zoe "]);
});

/** The completions of a line. */
function offered(chat: Chat, line: string): readonly string[] {
  return complete(line, line.length, knownTo(chat.state)).candidates;
}

Deno.test("Tab completes roles, access, times and who sets the topic", PURE, () => {
  const cases: [string, string[]][] = [
    ["/role mary ann mo", ["moderator "]],
    ["/role Zoe o", ["owner "]],
    ["/role b", ["Bob "]],
    ["/access ", ["open ", "invite ", "moderated "]],
    ["/topic-by m", ["moderators "]],
    ["/ban Bob e", ["ever "]],
    ["/mute Bob 1", ["10m ", "1h ", "1d "]],
    ["/mute Mary Ann 7", ["7d "]],
    ["/ban Bob 1d bo", ["Bob "]],
    ["/kick bo", ["Bob "]],
  ];
  for (const [line, expected] of cases) assertEquals(offered(alice(), line), expected, line);
});
