import { assert, assertEquals } from "@std/assert";
import { COMMANDS, submit } from "../../../core/chat/commands.ts";
import { distance } from "../../../core/chat/edit_distance.ts";
import type { Effect } from "../../../core/chat/items.ts";
import { Chat } from "../../../core/chat/chat.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Alice in General and Work, typing into General; Bob and Mary Ann are there. */
function alice(): Chat {
  const chat = new Chat("Alice", "General", 0);
  chat.connected({
    message: "",
    name: "Alice",
    resumed: false,
    rooms: [{ room: "General", seq: 0 }, { room: "Work", seq: 0 }],
  });
  for (const name of ["Bob", "Mary Ann"]) {
    const payload = { message: "", event: "joined", room: "General", name } as const;
    chat.receive({ type: "notification", payload }, 0);
  }
  return chat;
}

function said(line: string): Effect[] {
  return [{ kind: "say", target: { room: "General" }, text: line }];
}

/** The words of the first notice or problem. */
function words(effects: Effect[]): string {
  const [first] = effects;
  if (first?.kind !== "show") return "";
  return "text" in first.item ? first.item.text : "";
}

/** The request that a line makes. */
function request(line: string, chat = alice()): unknown {
  const [effect] = submit(chat.state, line);
  if (effect?.kind !== "send") return effect;
  const { type, payload } = effect.request;
  return { type, payload };
}

Deno.test("submit() says a line in the room that is typed into", PURE, () => {
  assertEquals(submit(alice().state, "hello"), said("hello"));
  assertEquals(submit(alice().state, "  indented\nand more\n"), said("  indented\nand more"));
  assertEquals(submit(alice().state, "   "), []);
});

Deno.test("submit() sends a line that begins with two slashes with one", PURE, () => {
  assertEquals(submit(alice().state, "//etc/hosts"), said("/etc/hosts"));
});

Deno.test("submit() ends it on exit, in any case", PURE, () => {
  for (const line of ["exit", "EXIT", " Exit "]) {
    assertEquals(submit(alice().state, line), [{ kind: "quit" }]);
  }
  assertEquals(submit(alice().state, "exit now"), said("exit now"));
});

Deno.test("submit() never sends an unknown command, and suggests the nearest", PURE, () => {
  assert(words(submit(alice().state, "/jion Work")).includes("did you mean /join?"));
  assert(words(submit(alice().state, "/hist")).includes("did you mean /history?"));
  assert(words(submit(alice().state, "/xyzzy")).includes("see /help"));
  assert(words(submit(alice().state, "/constructor")).includes("There is no command /constructor"));
});

Deno.test("submit() says how to write a command that lacks its argument", PURE, () => {
  assertEquals(words(submit(alice().state, "/join")), "Write /join ROOM [--code CODE]");
  assertEquals(words(submit(alice().state, "/msg Bob")), "Write /msg NAME TEXT");
});

Deno.test("each command makes the request of the wire", PURE, () => {
  const cases: [string, unknown][] = [
    ["/join Ops", { type: "join", payload: { room: "Ops" } }],
    ["/join work", { kind: "activate", room: "Work" }],
    ["/leave", { type: "leave", payload: { room: "General" } }],
    ["/leave Work", { type: "leave", payload: { room: "Work" } }],
    ["/room Work", { kind: "activate", room: "Work" }],
    ["/room 2", { kind: "activate", room: "Work" }],
    ["/rooms", { type: "rooms", payload: {} }],
    ["/who", { type: "members", payload: { room: "General" } }],
    ["/who Ops", { type: "members", payload: { room: "Ops" } }],
    ["/nick Alicia", { type: "rename", payload: { name: "Alicia" } }],
    ["/topic", { type: "topic", payload: { room: "General" } }],
    ["/topic All of it", { type: "topic", payload: { room: "General", topic: "All of it" } }],
    ["/topic -", { type: "topic", payload: { room: "General", topic: "" } }],
    ["/history", { type: "history", payload: { room: "General", limit: 20 } }],
    ["/history 5", { type: "history", payload: { room: "General", limit: 5 } }],
    ["/search two words", { type: "search", payload: { query: "two words", limit: 20 } }],
    ["/unread", { type: "unread", payload: {} }],
    ["/reconnect", { kind: "reconnect" }],
    ["/quit", { kind: "quit" }],
    ["/QUIT", { kind: "quit" }],
    ["/me waves", { kind: "say", target: { room: "General" }, text: "/me waves" }],
    ["/msg Bob hi there", { kind: "say", target: { to: "Bob" }, text: "hi there" }],
    ["/msg mary ann hi", { kind: "say", target: { to: "mary ann" }, text: "hi" }],
    ["/msg Zoe hi", { kind: "say", target: { to: "Zoe" }, text: "hi" }],
  ];
  for (const [line, expected] of cases) assertEquals(request(line), expected, line);
});

Deno.test("/reply answers the last direct message", PURE, () => {
  const chat = alice();
  assert(words(submit(chat.state, "/reply hi")).startsWith("Nobody has written"));
  const direct = { sender: "Bob", to: "Alice", text: "psst", seq: 1, at: 0 };
  chat.receive({ type: "direct", payload: direct }, 0);
  assertEquals(submit(chat.state, "/reply hi"), [{
    kind: "say",
    target: { to: "Bob" },
    text: "hi",
  }]);
});

Deno.test("/ignore hides somebody, and shows them again", PURE, () => {
  const chat = alice();
  const message = { sender: "Bob", room: "General", text: "spam", seq: 1, at: 0 };
  submit(chat.state, "/ignore bob");
  assertEquals(chat.receive({ type: "message", payload: message }, 0), []);
  submit(chat.state, "/ignore Bob");
  const effects = chat.receive({ type: "message", payload: { ...message, seq: 2 } }, 0);
  assertEquals(effects.map(({ kind }) => kind), ["show"]);
});

Deno.test("/help lists every command of the table, and no key of a view's", PURE, () => {
  const [effect] = submit(alice().state, "/help");
  assert(effect?.kind === "show" && effect.item.kind === "help");
  const listed = effect.item.rows.map(([usage]) => usage.split(" ")[0]);
  assertEquals(listed, Object.keys(COMMANDS).map((name) => `/${name}`));
});

Deno.test("/search says when messages may be missing", PURE, () => {
  for (const incomplete of [undefined, true] as const) {
    const chat = alice();
    const [asked] = submit(chat.state, "/search found");
    assert(asked?.kind === "send");
    const payload = { messages: [], more: false, ...incomplete && { incomplete } };
    const shown = chat.receive({ type: "search", id: asked.request.id ?? "", payload }, 0);
    const notices = shown.map((effect) => words([effect])).join("\n");
    assertEquals(notices.includes("still indexing"), incomplete ?? false);
  }
});

Deno.test("/open shows a found message in its context", PURE, () => {
  const chat = alice();
  const messages = [{ sender: "Bob", room: "Work", text: "found", seq: 40, at: 0 }];
  const [asked] = submit(chat.state, "/search found");
  assert(asked?.kind === "send");
  const id = asked.request.id ?? "";
  chat.receive({ type: "search", id, payload: { messages, more: false } }, 0);
  assertEquals(request("/open 1", chat), {
    type: "history",
    payload: { room: "Work", after: 29, limit: 21 },
  });
  assertEquals(words(submit(chat.state, "/open 2")), "Write /open N, with N from the last /search");
});

Deno.test("distance() counts insertions, deletions, replacements and swaps", PURE, () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["join", "join", 0],
    ["jion", "join", 1],
    ["joins", "join", 1],
    ["who", "", 3],
    ["quit", "quiet", 1],
    ["serach", "search", 1],
    ["abc", "xyz", 3],
  ];
  for (const [one, other, far] of cases) assertEquals(distance(one, other), far, `${one} ${other}`);
});
