/** A log's answers to a `ref` that was used: compared with a model, for random sequences. */

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { fold } from "../../../protocol/mod.ts";
import type {
  DirectDraft,
  MessageDraft,
  Outcome,
  RetryDraft,
} from "../../../server/log/message_log.ts";
import { Pruner } from "../../../server/log/sqlite/tables/prune.ts";
import {
  gist,
  KEEP_ALL,
  onEachLog,
  opens,
  says,
  tells,
  TestLog,
  upTo,
} from "../../fixtures/log.ts";

type Saying = (MessageDraft | DirectDraft | RetryDraft) & { session: string; ref: number };

const SESSIONS = ["s1", "s2"];
const ROOMS = ["General", "GENERAL", "Music"];

const author = {
  session: fc.constantFrom(...SESSIONS),
  ref: fc.integer({ min: 1, max: 6 }),
  sender: fc.constantFrom("Alice", "Renamed"),
  text: fc.constantFrom("yes", "no", "\0", "é", "e\u0301"),
};

/** Drafts that often collide: few refs, few texts, few targets. */
const sayings: fc.Arbitrary<Saying> = fc.oneof(
  fc.record({
    ...author,
    kind: fc.constant("message" as const),
    room: fc.constantFrom(...ROOMS),
    isRoomImplied: fc.boolean(),
  }),
  fc.record({
    ...author,
    kind: fc.constant("direct" as const),
    to: fc.constantFrom("Bob", "BOB", "Carol"),
    inbox: fc.constant("by name" as const),
  }),
  fc.record({
    ...author,
    kind: fc.constant("retry" as const),
    room: fc.option(fc.constantFrom(...ROOMS), { nil: undefined }),
  }),
);

/** The target of a message, distinct for rooms and names. */
function placeOf(saying: Saying): string {
  if (saying.kind === "direct") return `to ${fold(saying.to)}`;
  return saying.room === undefined ? "anywhere" : `in ${fold(saying.room)}`;
}

/** The text under each `ref`, by the rules of the wire alone. */
class Model {
  readonly #used = new Map<string, { place: string; text: string; gist: unknown }>();
  readonly #highest = new Map<string, number>();

  /** Whether `outcome` is the right one for `saying`. */
  check(saying: Saying, outcome: Outcome | undefined): void {
    const { session, ref, text } = saying;
    const key = `${session} ${ref}`;
    const known = this.#used.get(key);
    const highest = this.#highest.get(session) ?? 0;
    if (ref > highest) return this.#use(key, saying, outcome);
    const refusal = { kind: known === undefined ? "stale ref" : "used ref", highest };
    if (known === undefined || known.text !== text || !isSamePlace(saying, known.place)) {
      return assertEquals<unknown>(outcome, refusal);
    }
    assertEquals(gist(outcome), `repeated ${known.gist}`);
  }

  /** The number of messages that the log must have. */
  get size(): number {
    return this.#used.size;
  }

  #use(key: string, saying: Saying, outcome: Outcome | undefined): void {
    assertEquals(outcome?.kind, saying.kind === "retry" ? "kept" : saying.kind);
    if (saying.kind === "retry") return;
    this.#used.set(key, { place: placeOf(saying), text: saying.text, gist: gist(outcome) });
    this.#highest.set(saying.session, saying.ref);
  }

  highestOf(session: string): number {
    return this.#highest.get(session) ?? 0;
  }
}

function isSamePlace(saying: Saying, place: string): boolean {
  const isAnyRoom = saying.kind === "message" && saying.isRoomImplied === true ||
    placeOf(saying) === "anywhere";
  return isAnyRoom ? place.startsWith("in ") : placeOf(saying) === place;
}

async function countAll({ log }: TestLog): Promise<number> {
  let count = 0;
  for (const room of ["General", "Music"]) {
    count += (await log.read({ room, limit: 500 })).items.length;
  }
  for (const inbox of ["bob", "carol"]) count += (await log.inbox(inbox, 0, 500)).items.length;
  return count;
}

for (const place of ["memory", "file"] as const) {
  Deno.test(`log takes a ref once, for one content, whatever comes (log in ${place})`, async () => {
    const batches = fc.array(fc.array(sayings, { minLength: 1, maxLength: 5 }), { maxLength: 12 });
    const property = fc.asyncProperty(batches, async (batches) => {
      await using test = await TestLog.open(place);
      await test.append(opens("bob", "Bob"), opens("carol", "Carol"));
      await test.append(...SESSIONS.map((session) => opens(session, "Alice")));
      const model = new Model();
      for (const [index, batch] of batches.entries()) {
        const outcomes = await test.append(...batch);
        for (const [at, saying] of batch.entries()) model.check(saying, outcomes[at]);
        if (index % 5 === 4) await test.reopen();
      }
      assertEquals(await countAll(test), model.size);
      for (const session of SESSIONS) {
        assertEquals((await test.log.session(session))?.ref, model.highestOf(session));
      }
    });
    await fc.assert(property, { numRuns: place === "file" ? 25 : 300 });
  });
}

onEachLog("log knows the highest ref of a session that comes back", async (test) => {
  await test.append(opens("s1", "Alice"), opens("s2", "Bob"));
  await test.append(
    says("one", { session: "s1", ref: 5 }),
    tells("two", { session: "s1", ref: 9 }),
  );
  await test.append(says("no", { session: "s1", ref: 7 }));
  await test.reopen();
  await test.append(opens("s1", "Alice", ["General"]));
  assertEquals((await test.log.session("s1"))?.ref, 9);
  assertEquals((await test.log.session("s2"))?.ref, 0);
});

Deno.test("log in a file tells a ref that was never used from one that was dropped", async () => {
  await using test = await TestLog.open("file");
  await test.append(opens("s1", "Alice"), opens("s2", "Bob"));
  const said = (n: number) => says(`word ${n}`, { session: "s1", ref: 2 * n });
  await test.append(...upTo(10).map(said), says("other", { session: "s2", ref: 2 }));
  prune(test, { retainMessages: 5 });
  await test.reopen();
  // Six of the eleven are dropped, the last of them under 12.
  const outcomes = await test.append(
    ...[6, 7].map(said),
    ...[11, 13, 15].map((ref) => says("new", { session: "s1", ref })),
    says("other", { session: "s2", ref: 1 }),
  );
  assertEquals(outcomes.map(gist), [
    ...["expired ref", "repeated 7"],
    ...["expired ref", "stale ref", "stale ref"],
    "stale ref",
  ]);
});

Deno.test("log in a file knows of a direct message whose inbox was dropped", async () => {
  await using test = await TestLog.open("file");
  const hello = tells("hello", { session: "s1", ref: 1 });
  await test.append(opens("s1", "Alice"), opens("s2", "Bob"), hello);
  await test.append({ kind: "away", session: "s2", inboxSeen: 0, byServer: false });
  prune(test, { sessionDays: 0 }, Date.now() + 1_000);
  await test.reopen();
  assertEquals(await test.log.session("s2"), undefined);
  assertEquals((await test.append(hello)).map(gist), ["repeated 1"]);
  prune(test, { retainDays: 1 }, Date.now() + 2 * 86_400_000);
  await test.reopen();
  const outcomes = await test.append(hello, tells("other", { session: "s1", ref: 1 }));
  assertEquals(outcomes.map(gist), ["expired ref", "expired ref"]);
});

function prune({ path }: TestLog, how: Partial<typeof KEEP_ALL>, now = Date.now()): void {
  using database = new DatabaseSync(path);
  // The log may be putting its WAL into the file.
  database.exec("PRAGMA busy_timeout = 2000");
  const pruner = new Pruner(database, { ...KEEP_ALL, ...how });
  while (pruner.step(now));
}
