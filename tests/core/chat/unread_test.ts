/** Messages of an absence: all can be shown, and only those that were shown are marked as read. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Chat } from "../../../core/chat/chat.ts";
import { submit } from "../../../core/chat/commands.ts";
import type { Effect } from "../../../core/chat/items.ts";
import type { Event, MessagePayload, Request } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

/** A server's one room: answers as the server does, and keeps what is marked. */
class Room {
  readonly chat: Chat;
  readonly shown: number[] = [];
  readonly words: string[] = [];
  /** The last answer to `/unread`. */
  listed: unknown;
  marks: number[] = [];
  readonly #said: MessagePayload[];
  #read: number;

  /** A room with these senders' messages, read up to a `seq`; the first `pruned` are no longer kept. */
  constructor(senders: readonly string[], read: number, pruned = 0) {
    this.#said = senders.map((sender, index) => message(sender, index + 1)).slice(pruned);
    this.#read = read;
    this.chat = new Chat("Alice", "General", 20, true);
  }

  enter(): void {
    const rooms = [{ room: "General", seq: this.#said.at(-1)?.seq ?? 0 }];
    this.perform(this.chat.connected({ message: "", name: "Alice", rooms }));
  }

  type(line: string): void {
    this.perform(submit(this.chat.state, line));
  }

  say(sender: string): void {
    const seq = (this.#said.at(-1)?.seq ?? 0) + 1;
    this.#said.push(message(sender, seq));
    this.perform(this.chat.receive({ type: "message", payload: message(sender, seq) }, 0));
  }

  perform(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.#answer(effect.request);
      if (effect.kind !== "show") continue;
      const { item } = effect;
      if (item.kind === "message") this.shown.push(item.message.seq);
      if (item.kind === "notice") this.words.push(item.text);
      if (item.kind === "mark") this.words.push(`mark ${item.mark.unread}`);
      if (item.kind === "unread") this.listed = item.rooms[0]?.unread;
    }
  }

  #answer({ type, id, payload }: Request): void {
    if (type === "read") this.marks.push(this.#read = (payload as { seq: number }).seq);
    const answer = this.#answerTo(type, payload as { before?: number; limit: number });
    if (answer !== undefined) {
      this.perform(this.chat.receive({ type, id: id ?? "", payload: answer } as Event, 0));
    }
  }

  #answerTo(type: string, { before = Infinity, limit }: { before?: number; limit: number }) {
    const earlier = this.#said.filter(({ seq }) => seq < before);
    if (type === "history") {
      return { room: "General", messages: earlier.slice(-limit), more: earlier.length > limit };
    }
    if (type !== "unread") return undefined;
    const unread = this.#said.filter(({ seq, sender }) => seq > this.#read && sender !== "Alice");
    return { rooms: [{ room: "General", seq: this.#read, unread: unread.length, mentions: 0 }] };
  }
}

function message(sender: string, seq: number): MessagePayload {
  return { sender, room: "General", text: `${seq}`, seq, at: 0 };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function bob(count: number): string[] {
  return Array(count).fill("Bob");
}

Deno.test(
  "of 1,400 unread the last are shown, the others told of, and not marked as read",
  PURE,
  () => {
    const room = new Room(bob(1500), 100);
    room.enter();
    assertEquals(room.shown, range(1301, 1500));
    assertEquals(room.words, [
      "mark 1400",
      "1200 messages in General not shown: /history shows them",
    ]);
    room.perform(room.chat.state.markRead());
    assertEquals(room.marks, []);
    room.type("/history 500");
    assertEquals(room.shown.splice(0).slice(200), range(801, 1300));
    room.type("/history 500");
    room.perform(room.chat.state.markRead());
    assertEquals([room.shown.splice(0), room.marks], [range(301, 800), []]);
    room.type("/history 250");
    assertEquals(room.shown.splice(0), range(51, 300));
    room.perform(room.chat.state.markRead());
    assertEquals(room.marks, [1500]);
  },
);

Deno.test("/history goes on where it stopped, to the first message and no further", PURE, () => {
  const room = new Room(bob(50), 50);
  room.enter();
  room.shown.splice(0);
  for (const first of [31, 11, 1]) {
    room.type("/history");
    assertEquals(room.shown.splice(0), range(first, Math.min(first === 1 ? 10 : first + 19, 50)));
  }
  room.type("/history");
  assertEquals(room.words, [
    "Before that, in General:",
    "Before that, from the beginning of General:",
    "That is all of General",
  ]);
  room.type("/room General");
  room.say("Bob");
  assertEquals(room.shown, [51]);
});

Deno.test("what is no longer kept is no reason to keep what is shown unread", PURE, () => {
  const room = new Room(bob(300), 10, 200);
  room.enter();
  assertEquals(room.shown, range(201, 300));
  assertEquals(room.words[1], "190 messages in General are no longer kept");
  room.perform(room.chat.state.markRead());
  assertEquals(room.marks, [300]);
});

Deno.test(
  "a mark never passes a message that was not shown, however a person goes through it",
  PURE,
  () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 500 }).map((count) => `/history ${count}`),
      fc.constantFrom("/unread", "say", "mark"),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 900 }),
        fc.array(step, { maxLength: 8 }),
        (total, read, steps) => {
          const start = Math.min(read, total);
          const room = new Room(bob(total), start);
          room.enter();
          for (const each of steps) {
            if (each === "say") room.say("Bob");
            else if (each === "mark") room.perform(room.chat.state.markRead());
            else room.type(each);
            const seen = new Set(room.shown);
            for (const mark of room.marks) {
              for (let seq = start + 1; seq <= mark; seq++) {
                assertEquals(
                  seen.has(seq),
                  true,
                  `${seq}`,
                );
              }
            }
          }
          for (let page = 0; page < 3; page++) room.type("/history 500");
          room.perform(room.chat.state.markRead());
          const last = Math.max(...room.shown);
          assertEquals(room.marks.at(-1) ?? start, last);
        },
      ),
      { numRuns: 100 },
    );
  },
);

Deno.test(
  "/read marks all of a room, and /unread leaves out the screen and people who are ignored",
  PURE,
  () => {
    const room = new Room(bob(1500), 100);
    room.enter();
    room.type("/unread");
    assertEquals(room.listed, 1400);
    room.type("/read");
    assertEquals(room.marks, [1500]);
    room.say("Bob");
    room.type("/unread");
    assertEquals(room.listed, 0);
    const elsewhere = new Room([], 0);
    elsewhere.enter();
    elsewhere.type("/ignore Bob");
    elsewhere.perform(elsewhere.chat.receive({
      type: "notification",
      payload: { message: "", event: "joined", room: "Work", name: "Alice", seq: 0 },
    }, 0));
    const said = message("Bob", 1);
    elsewhere.perform(
      elsewhere.chat.receive({ type: "message", payload: { ...said, room: "Work" } }, 0),
    );
    const unread = [{ room: "Work", seq: 0, unread: 1, mentions: 0 }];
    const [ask] = submit(elsewhere.chat.state, "/unread");
    const id = ask?.kind === "send" ? ask.request.id : undefined;
    elsewhere.perform(
      elsewhere.chat.receive({ type: "unread", id: id ?? "", payload: { rooms: unread } }, 0),
    );
    assertEquals([elsewhere.shown, elsewhere.listed], [[], 0]);
  },
);

Deno.test("what people who are ignored said is no part of the mark", PURE, () => {
  const room = new Room([...bob(10), "Eve", "Eve", "Bob", "Eve"], 10);
  room.chat.state.ignore("Eve", true);
  room.enter();
  assertEquals(room.words, ["mark 1"]);
  const alone = new Room([...bob(10), "Eve", "Eve"], 10);
  alone.chat.state.ignore("eve", true);
  alone.enter();
  assertEquals(alone.words, []);
});

Deno.test("a person who is ignored stays so by whatever name", PURE, () => {
  const room = new Room([], 0);
  room.enter();
  room.type("/ignore Eve");
  const rename = (name: string, new_name: string) =>
    room.chat.receive(
      { type: "notification", payload: { message: "", event: "renamed", name, new_name } },
      0,
    );
  const effects = rename("Eve", "Mallory");
  assertEquals(effects.at(-1), { kind: "ignored", names: ["Mallory"] });
  rename("Mallory", "Eve 2");
  room.say("Eve 2");
  assertEquals(room.shown, []);
  room.say("Eve");
  room.type("/ignore eve 2");
  room.say("Eve 2");
  assertEquals(room.shown, [2, 3]);
});
