import { assertEquals, assertLess } from "@std/assert";
import { EntryBuffer } from "../../../server/log/memory/entry_buffer.ts";
import { MemoryLog } from "../../../server/log/memory/memory_log.ts";
import type { Draft } from "../../../server/log/message_log.ts";
import { collectGarbage } from "../../../server/limits/garbage.ts";
import { gist, opens, says, tells, upTo } from "../../fixtures/log.ts";
import { PURE } from "../../fixtures/pure.ts";
import { DAY } from "../../../server/process/time.ts";

/** A log in memory whose clock the test controls. */
class AgingLog {
  readonly log: MemoryLog;
  #passed = 0;

  constructor({ retainDays = 0, retainMessages = 0, sessionDays = 1000 }) {
    const sessionsFor = sessionDays * DAY;
    const retention = { retainFor: retainDays * DAY, retainMessages, sessionsFor };
    const clock = () => 20_500 * DAY + this.#passed;
    this.log = new MemoryLog(retention, clock, () => this.#passed);
  }

  passDays(days: number): void {
    this.#passed += days * DAY;
  }

  async append(...drafts: Draft[]) {
    return (await this.log.append(drafts)).map(gist);
  }

  async seqs(room = "General") {
    const { items } = await this.log.read({ room, limit: 500 });
    return items.map(({ seq }) => seq);
  }

  async found(query: string) {
    const found = await this.log.search({ query, rooms: ["General"], limit: 500 });
    return "problem" in found ? found.problem : found.items.map(({ text }) => text);
  }
}

Deno.test(
  "kept entries are found by their numbers until they are forgotten, and keep them",
  PURE,
  () => {
    const entries = new EntryBuffer<{ at: number }>();
    const numbers = (after: number, before: number, most?: number) =>
      entries.between(after, before, most).map(({ entry }) => entry.at);
    for (let at = 1; at <= 100; at++) {
      entries.push({ entry: { at }, session: undefined, ref: undefined, time: at });
      const forgotten = entries.forget(10, -Infinity).map(({ entry }) => entry.at);
      assertEquals(forgotten, at > 10 ? [at - 10] : [], `after ${at}`);
      assertEquals(numbers(0, Infinity), upTo(at).slice(-10), `after ${at}`);
    }
    assertEquals(entries.last, 100);
    assertEquals([0, 90, 91, 100, 101].map((seq) => entries.at(seq)?.entry.at), [
      ...[undefined, undefined],
      ...[91, 100, undefined],
    ]);
    assertEquals([numbers(95, 98), numbers(50, 93), numbers(0, 95, 2)], [
      ...[[96, 97], [91, 92]],
      [91, 92],
    ]);
    assertEquals([numbers(100, Infinity), numbers(0, 50), numbers(97, 95)], [[], [], []]);
    assertEquals(entries.forget(Infinity, 96).length, 5);
    assertEquals(entries.forget(Infinity, 1000).length, 5);
    assertEquals([numbers(0, Infinity), entries.last], [[], 100]);
  },
);

Deno.test(
  "retention by number keeps the newest of each room in memory, and no more",
  PURE,
  async () => {
    const aging = new AgingLog({ retainMessages: 100 });
    await aging.append(opens("s1", "Alice"), says("word", { room: "Music" }));
    for (const n of upTo(2500)) {
      await aging.append(says(`word ${n}`, { session: "s1", ref: n }));
    }
    assertEquals(await aging.seqs(), upTo(2500).slice(-100));
    assertEquals(await aging.seqs("Music"), [1]);
    assertEquals([await aging.found("2400"), await aging.found("2401")], [[], ["word 2401"]]);
    // As in a log in a file, pruned messages are not sent again.
    const retried = [2400, 2401].map((ref) => says(`word ${ref}`, { session: "s1", ref }));
    assertEquals(await aging.append(...retried, says("next")), [
      "expired ref",
      "repeated 2401",
      2501,
    ]);
    const { items } = await aging.log.read({ room: "General", after: 5, limit: 1 });
    assertEquals(items[0]?.seq, 2402);
  },
);

Deno.test("retention by days holds in memory when nobody says anything more", PURE, async () => {
  const aging = new AgingLog({ retainDays: 7 });
  const direct = (ref: number) =>
    tells(`direct ${ref}`, { session: "s1", ref, inbox: { session: "s2" } });
  await aging.append(opens("s1", "Alice"), opens("s2", "Bob"));
  await aging.append(says("first", { session: "s1", ref: 1 }), direct(2));
  aging.passDays(4);
  await aging.append(says("second", { session: "s1", ref: 3 }), direct(4));
  const inbox = async () => (await aging.log.inbox("s2", 0, 10)).items.map(({ text }) => text);
  assertEquals([await aging.seqs(), await inbox()], [[1, 2], ["direct 2", "direct 4"]]);
  aging.passDays(4);
  assertEquals([await aging.seqs(), await aging.found("first")], [[2], []]);
  assertEquals(await inbox(), ["direct 4"]);
  aging.passDays(4);
  assertEquals([await aging.seqs(), await inbox()], [[], []]);
  assertEquals(
    await aging.append(
      says("first", { session: "s1", ref: 1 }),
      direct(2),
      says("third", { session: "s1", ref: 5 }),
      direct(6),
    ),
    ["expired ref", "expired ref", 3, 3],
  );
});

Deno.test(
  "retention by days forgets a direct message for which there is no inbox",
  PURE,
  async () => {
    const aging = new AgingLog({ retainDays: 7 });
    await aging.append(opens("s1", "Alice"));
    const direct = tells("hello", { session: "s1", ref: 1, inbox: undefined });
    assertEquals(await aging.append(direct, direct), [0, "repeated 0"]);
    aging.passDays(8);
    assertEquals(await aging.append(direct), ["expired ref"]);
  },
);

Deno.test(
  "retention by days forgets a direct message to a session that stayed away too long",
  PURE,
  async () => {
    const aging = new AgingLog({ retainDays: 60, sessionDays: 30 });
    const away = (session: string) =>
      ({ kind: "away", session, inboxSeen: 0, byServer: false }) as const;
    const direct = tells("hello", { session: "s1", ref: 1, inbox: { session: "s2" } });
    await aging.append(opens("s1", "Alice"), opens("s2", "Bob"), direct, away("s2"));
    aging.passDays(31);
    await aging.append(opens("s3", "Carol"), away("s3"));
    assertEquals(await aging.log.session("s2"), undefined);
    assertEquals(await aging.append(direct), ["repeated 1"]);
    aging.passDays(30);
    assertEquals(await aging.append(direct), ["expired ref"]);
  },
);

Deno.test("a log in memory that keeps few messages takes little, however much was said", async () => {
  const aging = new AgingLog({ retainMessages: 100 });
  await aging.append(opens("s1", "Alice"));
  const say = async (from: number, count: number) => {
    for (let ref = from; ref < from + count; ref++) {
      await aging.append(says(`${ref} `.repeat(50), { session: "s1", ref }));
    }
  };
  /** The least of several measurements: V8 collects garbage when it likes. */
  const heap = async () => {
    let least = Infinity;
    for (let tries = 0; tries < 20; tries++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve));
      least = Math.min(least, Deno.memoryUsage().heapUsed);
    }
    return least;
  };
  await say(1, 1000);
  const before = await heap();
  await say(1001, 50_000);
  // All of it would be 20 MB.
  assertLess(await heap() - before, 5 * 2 ** 20);
});
