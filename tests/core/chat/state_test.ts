import { assert, assertEquals } from "@std/assert";
import type { Effect } from "../../../core/chat/items.ts";
import { Chat } from "../../../core/chat/chat.ts";
import type { MessagePayload } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

function said(seq: number, more: Partial<MessagePayload> = {}): MessagePayload {
  return { sender: "Bob", room: "General", text: `text ${seq}`, seq, at: 0, ...more };
}

function connected(
  chat: Chat,
  seq: number,
  more: { resumed?: boolean; room?: string } = {},
): Effect[] {
  const { resumed = false, room = "General" } = more;
  return chat.connected({ message: "", name: "Alice", resumed, rooms: [{ room, seq }] });
}

function live(chat: Chat, ...messages: MessagePayload[]): Effect[] {
  return messages.flatMap((payload) => chat.receive({ type: "message", payload }, 0));
}

/** The seqs of the messages that are shown. */
function shown(effects: Effect[]): number[] {
  return effects.flatMap((effect) =>
    effect.kind === "show" && effect.item.kind === "message" ? [effect.item.message.seq] : []
  );
}

/** The client's own notices among the effects. */
function words(effects: Effect[]): string[] {
  return effects.flatMap((effect) =>
    effect.kind === "show" && effect.item.kind === "notice" ? [effect.item.text] : []
  );
}

/** The requests of one type, with their ids. */
function asked(effects: Effect[], type: string) {
  return effects.flatMap((effect) =>
    effect.kind === "send" && effect.request.type === type ? [effect.request] : []
  );
}

Deno.test("messages are shown once and in order", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 7);
  assertEquals(shown(live(chat, said(8), said(9), said(9), said(8), said(10))), [8, 9, 10]);
  assertEquals(chat.state.positions, { General: 10 });
});

Deno.test("a gap is filled from history before what came after it is shown", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 2);
  const effects = live(chat, said(3), said(6), said(7));
  assertEquals(shown(effects), [3]);
  const [request] = asked(effects, "history");
  assertEquals(request?.payload, { room: "General", before: 6, limit: 2 });
  const payload = { room: "General", messages: [said(4), said(5)], more: false };
  const filled = chat.receive({ type: "history", id: request?.id ?? "", payload }, 0);
  assertEquals(shown(filled), [4, 5, 6, 7]);
  assertEquals(words(filled), []);
});

Deno.test("a gap that history can't fill is named", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 2);
  const effects = live(chat, said(3), said(6));
  const [request] = asked(effects, "history");
  const error = { code: "log_failed", message: "no log" } as const;
  const after = chat.receive({ type: "error", id: request?.id ?? "", payload: error }, 0);
  assertEquals(words(after), ["2 messages in General not shown: /history shows them"]);
  assertEquals(shown(after), [6]);
  assertEquals(shown(live(chat, said(7))), [7]);
});

Deno.test("a room begins with its past, and what is said meanwhile comes after it", PURE, () => {
  const chat = new Chat("Alice", "General", 3);
  const effects = connected(chat, 9);
  const [request] = asked(effects, "history");
  assertEquals(request?.payload, { room: "General", before: 10, limit: 3 });
  assertEquals(shown(live(chat, said(10), said(11))), []);
  const payload = { room: "General", messages: [said(7), said(8), said(9)], more: true };
  const filled = chat.receive({ type: "history", id: request?.id ?? "", payload }, 0);
  assertEquals(shown(filled), [7, 8, 9, 10, 11]);
});

Deno.test("a room without a log begins with what is said from now on", PURE, () => {
  const chat = new Chat("Alice", "General", 3);
  const [request] = asked(connected(chat, 9), "history");
  live(chat, said(10));
  const error = { code: "log_failed", message: "no log" } as const;
  const after = chat.receive({ type: "error", id: request?.id ?? "", payload: error }, 0);
  assertEquals([words(after), shown(after)], [[], [10]]);
});

Deno.test("after a reconnect what was missed comes by itself, and is shown once", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 2);
  assertEquals(asked(connected(chat, 5), "history"), []);
  assertEquals(shown(live(chat, said(3), said(4), said(5), said(5), said(6))), [3, 4, 5, 6]);
});

Deno.test("direct messages are shown once", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  const direct = (seq: number) =>
    chat.receive({
      type: "direct",
      payload: { sender: "Bob", to: "Alice", text: "psst", seq, at: 0 },
    }, 0);
  assertEquals([direct(3), direct(3), direct(2), direct(4)].map((each) => each.length), [
    1,
    0,
    0,
    1,
  ]);
  assertEquals(chat.state.lastDirectSeq, 4);
});

Deno.test("a direct message to others does not hide their answers", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  const direct = (sender: string, to: string, seq: number, ref?: number) =>
    chat.receive({
      type: "direct",
      payload: { sender, to, text: "psst", seq, at: 0, ...ref === undefined ? {} : { ref } },
    }, 0).map(({ kind }) => kind);
  // `seq` counts in the recipient's inbox: Bob's has forty messages, Alice's none.
  assertEquals(direct("Alice", "Bob", 41, 1), ["settle", "show"]);
  assertEquals(direct("Alice", "Bob", 41, 1), ["settle"]);
  assertEquals(direct("Alice", "Carol the lecture client", 0, 2), ["settle", "show"]);
  assertEquals(direct("Bob", "Alice", 1), ["show"]);
  // A message to oneself comes twice: to the inbox, and as the sender's copy.
  assertEquals(direct("Alice", "Alice", 2), ["show"]);
  assertEquals(direct("Alice", "Alice", 2, 3), ["settle"]);
  assertEquals(chat.state.lastDirectSeq, 2);
});

Deno.test("a log that has begun anew does not hide its first messages", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 50);
  connected(chat, 0);
  assertEquals(shown(live(chat, said(1), said(2))), [1, 2]);
});

Deno.test("a new session goes back into all rooms", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 0);
  const payload = { message: "", event: "joined", room: "Work", name: "Alice", seq: 4 } as const;
  chat.receive({ type: "notification", payload }, 0);
  const [request] = asked(connected(chat, 0), "join");
  assertEquals(request?.payload, { room: "Work", since: 4 });
});

Deno.test("the own copy of a message settles its draft", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 0);
  const effects = live(chat, said(1, { sender: "Alice", ref: 5 }));
  assertEquals(effects[0], { kind: "settle", ref: 5, refused: undefined });
  assertEquals(shown(effects), [1]);
  // The answer to a retry: settled again, shown no second time.
  const again = live(chat, said(1, { sender: "Alice", ref: 5 }));
  assertEquals([again.length, shown(again)], [1, []]);
});

Deno.test("an error with a draft's id refuses that draft", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  const payload = { code: "not_in_room", message: "You are not in Ops" } as const;
  assertEquals(chat.receive({ type: "error", id: "m7", payload }, 0), [
    { kind: "settle", ref: 7, refused: "You are not in Ops" },
  ]);
});

Deno.test("joins, leaves and renames keep the members known", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 0);
  const notify = (event: "joined" | "left" | "renamed", name: string, new_name?: string) =>
    chat.receive({
      type: "notification",
      payload: { message: "", event, room: "General", name, ...new_name ? { new_name } : {} },
    }, 0);
  const members = () => [...chat.state.activeRoom?.members.values() ?? []];
  notify("joined", "Bob");
  notify("joined", "Cy");
  notify("left", "Bob");
  notify("renamed", "Cy", "Cyd");
  assertEquals(members(), ["Cyd"]);
  notify("renamed", "Alice", "Alicia");
  assertEquals(chat.state.name, "Alicia");
});

Deno.test("leaving the room that is typed into goes to another, or says so", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 0);
  const leave = (room: string) =>
    chat.receive({
      type: "notification",
      payload: { message: "", event: "left", room, name: "Alice" },
    }, 0);
  chat.connected({
    message: "",
    rooms: [{ room: "General", seq: 0 }, { room: "Work", seq: 0 }],
  });
  assert(leave("General").some((effect) => effect.kind === "activate" && effect.room === "Work"));
  assertEquals(words(leave("Work")), ["You are in no room now: /join ROOM enters one"]);
});

Deno.test("the last speaker comes first, and a mention is noticed", PURE, () => {
  const chat = new Chat("Alice", "General", 0);
  connected(chat, 0);
  const [effect] = live(chat, said(1, { text: "hey alice!" }));
  assert(effect?.kind === "show" && effect.item.kind === "message" && effect.item.mention);
  live(chat, said(2, { sender: "Cy" }), said(3));
  assertEquals(chat.state.recent, ["Bob", "Cy"]);
});
