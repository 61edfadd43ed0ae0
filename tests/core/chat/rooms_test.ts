/** Rooms: lines typed after a change of room, and unread messages. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { submit } from "../../../core/chat/commands.ts";
import type { Effect } from "../../../core/chat/items.ts";
import { Chat } from "../../../core/chat/chat.ts";
import type { Event, MessagePayload, UnreadRoom } from "../../../protocol/mod.ts";
import { killClient, openAlice, terminalTest } from "../../fixtures/tmux.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Alice, in these rooms whose last messages have these seqs. */
function alice(
  rooms: Record<string, number>,
  context = 0,
): { chat: Chat; effects: Effect[] } {
  const chat = new Chat("Alice", "General", context, true);
  const there = Object.entries(rooms).map(([room, seq]) => ({ room, seq }));
  return { chat, effects: chat.connected({ message: "", name: "Alice", rooms: there }) };
}

/** The effects in words. */
function told(effects: Effect[]): string[] {
  return effects.map((effect) => {
    if (effect.kind === "say") return `say ${JSON.stringify(effect.target)} ${effect.text}`;
    if (effect.kind === "activate") return `activate ${effect.room}`;
    if (effect.kind === "send") return effect.request.type;
    if (effect.kind !== "show") return effect.kind;
    const { item } = effect;
    if (item.kind === "message") return `${item.message.seq}`;
    if (item.kind === "mark") return `mark ${item.mark.unread}`;
    return "text" in item ? item.text : item.kind;
  });
}

/** Answers the request of `type` among the effects. */
function answer(chat: Chat, effects: Effect[], type: string, event: Event): string[] {
  return told(answerWith(chat, effects, type, event));
}

function answerWith(chat: Chat, effects: Effect[], type: string, event: Event): Effect[] {
  const asked = effects.find((effect) => effect.kind === "send" && effect.request.type === type);
  assert(asked?.kind === "send" && asked.request.id !== undefined, `${type} was asked`);
  return chat.receive({ ...event, id: asked.request.id }, 0);
}

function said(room: string, ...seqs: number[]): MessagePayload[] {
  return seqs.map((seq) => ({ sender: "Bob", room, text: "", seq, at: 0 }));
}

function notify(event: "joined" | "left", room: string, seq?: number): Event {
  const payload = { message: "", event, room, name: "Alice", ...seq === undefined ? {} : { seq } };
  return { type: "notification", payload };
}

Deno.test(
  "a line typed after /join goes to the new room, before the server has answered",
  PURE,
  () => {
    const { chat } = alice({ General: 0 });
    const joining = submit(chat.state, "/join Ops");
    assertEquals(told(joining), ["join", "activate Ops"]);
    assertEquals(told(submit(chat.state, "in ops")), ['say {"room":"Ops"} in ops']);
    assertEquals(told(submit(chat.state, "/room General")), ["activate General"]);
    // The answer does not change the room again.
    assert(!answer(chat, joining, "join", notify("joined", "Ops", 0)).includes("activate Ops"));
    assertEquals(told(submit(chat.state, "hello")), ['say {"room":"General"} hello']);
  },
);

Deno.test("a refused /join leads back to where the person was, and says why", PURE, () => {
  const { chat } = alice({ General: 0, Work: 0 });
  submit(chat.state, "/room Work");
  const joining = submit(chat.state, "/join Ops");
  const refused: Event = {
    type: "error",
    payload: { code: "too_many_rooms", message: "leave one first" },
  };
  assertEquals(answer(chat, joining, "join", refused), [
    "Cannot enter Ops: leave one first",
    "activate Work",
  ]);
  assertEquals([...chat.state.rooms.values()].map(({ name }) => name), ["General", "Work"]);
});

Deno.test("a line typed after /leave does not go to the room that is being left", PURE, () => {
  const { chat } = alice({ General: 5, Work: 0 });
  const leaving = submit(chat.state, "/leave");
  assertEquals(told(leaving), ["read", "leave", "activate Work"]);
  assertEquals(told(chat.message({ ...said("General", 6)[0]! })), []);
  const again = submit(chat.state, "/join General");
  answer(chat, leaving, "leave", notify("left", "General"));
  answer(chat, again, "join", notify("joined", "General", 7));
  assertEquals([chat.state.activeRoom?.name, chat.state.activeRoom?.last], ["General", 7]);
});

Deno.test("a room asked for while the link was down is asked for again", PURE, () => {
  const { chat } = alice({ General: 0 });
  submit(chat.state, "/join Ops");
  chat.state.disconnected();
  const rooms = [{ room: "General", seq: 0 }];
  const effects = chat.connected({ message: "", name: "Alice", resumed: true, rooms });
  assert(told(effects).includes("join"));
  assertEquals(chat.state.activeRoom?.name, "Ops");
});

Deno.test("a room begins with all that is unread, and a mark before it", PURE, () => {
  const { chat, effects } = alice({ General: 9 }, 2);
  const rooms: UnreadRoom[] = [{ room: "General", seq: 5, unread: 4, mentions: 1 }];
  const asking = answerWith(chat, effects, "unread", { type: "unread", payload: { rooms } });
  const [request] = asking;
  assert(request?.kind === "send" && request.request.type === "history");
  assertEquals(request.request.payload, { room: "General", before: 10, limit: 4 });
  const payload = { room: "General", messages: said("General", 6, 7, 8, 9), more: true };
  assertEquals(answer(chat, asking, "history", { type: "history", payload }), [
    "mark 4",
    "6",
    "7",
    "8",
    "9",
  ]);
  assertEquals(told(chat.state.markRead()), ["read"]);
});

Deno.test("a room in which nothing is unread, or that is new, has no mark", PURE, () => {
  for (const seq of [9, 0]) {
    const { chat, effects } = alice({ General: 9 }, 2);
    const rooms: UnreadRoom[] = [{ room: "General", seq, unread: 9 - seq, mentions: 0 }];
    const asking = answerWith(chat, effects, "unread", { type: "unread", payload: { rooms } });
    const payload = { room: "General", messages: said("General", 8, 9), more: true };
    assertEquals(answer(chat, asking, "history", { type: "history", payload }), ["8", "9"]);
  }
});

terminalTest(
  "lines typed ahead across /join, /room and /leave go where a person meant them",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    using general = await server.join("Gina");
    using ops = await server.join("Otto", "Ops");
    await tmux.untilSeen("Gina has joined");
    const lines = [
      "/join Ops",
      "in ops",
      "/room General",
      "in general",
      "/join Ops",
      "/leave",
      "last",
    ];
    for (const line of lines) await tmux.enter(line);
    const [first, second] = [await general.receive("message"), await general.receive("message")];
    assertEquals([first.payload.text, second.payload.text], ["in general", "last"]);
    await ops.receive("notification");
    assertEquals((await ops.receive("message")).payload.text, "in ops");
    assertEquals((await ops.receive("notification")).payload.event, "left");
    const screen = await tmux.until((screen) =>
      screen.includes("Alice: last") && screen.endsWith("General>")
    );
    const rows = screen.split("\n").map((row) => row.replace(/^\d\d:\d\d |─+$/g, "").trim());
    assertEquals(rows.filter((row) => row.includes("!!")), []);
    assert(rows.includes("[General] Alice: in general"), screen);
  },
);

terminalTest("a line typed before the server has answered is not lost", async (home, server) => {
  await using tmux = await openAlice(home, server);
  await tmux.press("C-d");
  await tmux.untilSeen("ended 0");
  await tmux.startClient(server.address, "--name", "Alice");
  await tmux.type("early\r");
  await tmux.untilSeen("Alice: early");
  await tmux.untilIn("General");
});

terminalTest(
  "what was not read is marked in the next start, on another machine too",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    using bob = await server.join("Bob");
    await bob.send("message", { text: "read this" });
    await tmux.untilSeen("Bob: read this");
    await tmux.press("C-d");
    await tmux.untilSeen("ended 0");
    for (const text of ["one", "two, Alice", "three"]) await bob.send("message", { text });
    await bob.settled();
    using elsewhere = await server.join("Alice");
    await elsewhere.send("unread", {}, "count");
    const { payload } = await elsewhere.receive("unread");
    assertEquals(payload.rooms, [{ room: "General", seq: 1, unread: 3, mentions: 1 }]);
    await elsewhere.send("quit");
    await elsewhere.rest();
    await tmux.type(`export XDG_STATE_HOME=${home.path}/elsewhere\r`);
    await tmux.startClient(server.address, "--name", "Alice");
    const screen = await tmux.untilSeen("Bob: three");
    assertMatch(screen, /Bob: read this\n── 3 unread, 1 with your name ─+\n.*Bob: one\n/);
    // Everything on the screen counts as read: the next start has nothing to mark.
    await tmux.press("C-d");
    await tmux.untilSeen("ended 0");
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilIn("General");
    assert(!(await tmux.untilSeen("Bob: three")).includes("unread"));
  },
);

terminalTest(
  "a killed client comes back to its rooms, and to what is unread there",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    using cy = await server.join("Cy", "Ops");
    await cy.send("message", { text: "read in Ops" });
    await tmux.type("/join Ops\r");
    await tmux.untilSeen("Cy: read in Ops");
    await tmux.type("/room General\r");
    await tmux.untilIn("General");
    await killClient("KILL", server);
    await tmux.untilSeen("ended 137");
    for (const text of ["new in Ops", "Alice?"]) await cy.send("message", { text });
    await cy.settled();
    // A killed client could not give the terminal back; there, Enter is no end of line.
    await tmux.type("stty sane\n");
    await tmux.untilSeen("shell$ shell$");
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilLast("General (Ops 2!)>");
    await tmux.press("M-a");
    const screen = await tmux.until((screen) => screen.endsWith("Ops>"));
    assertMatch(screen, /Cy: read in Ops\n── 2 unread, 1 with your name ─+\n.*Cy: new in Ops\n/);
  },
);
