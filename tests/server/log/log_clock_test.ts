import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { initialState, LogClock } from "../../../server/log/log_clock.ts";
import { MemoryLog } from "../../../server/log/memory/memory_log.ts";
import { SqliteLog } from "../../../server/log/sqlite/sqlite_log.ts";
import type { ServerLog } from "../../../server/log/message_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { KEEP_ALL, openLog, opens, says } from "../../fixtures/log.ts";
import { PURE } from "../../fixtures/pure.ts";
import { DAY } from "../../../server/process/time.ts";

/** 2026, in days since the epoch. */
const TODAY = 20_500 * DAY;

const MINUTE = 60_000;

function startAt(time: number): LogClock {
  return new LogClock({ time, offset: 0 }, 0);
}

Deno.test("LogClock goes with the system's clock", PURE, () => {
  const clock = startAt(TODAY);
  for (const passed of [0, 10, 1000, DAY]) {
    const now = TODAY + passed;
    assertEquals(clock.tick(now, passed), { time: now, at: now });
  }
});

Deno.test(
  "LogClock never goes back, and dates come down to the system's little by little",
  PURE,
  () => {
    const clock = startAt(TODAY);
    assertEquals(clock.tick(TODAY - MINUTE, 0), { time: TODAY, at: TODAY });
    assertEquals(clock.tick(TODAY, MINUTE), { time: TODAY + MINUTE, at: TODAY + MINUTE / 2 });
    assertEquals(clock.tick(TODAY + MINUTE, 2 * MINUTE).at, TODAY + MINUTE);
    // Set right again: no time has passed by that.
    const { time } = clock.tick(TODAY + 4 * MINUTE, 4 * MINUTE);
    assert(time <= TODAY + 5 * MINUTE, `${time - TODAY}`);
  },
);

Deno.test("LogClock believes a jump ahead only little by little, and forgives it", PURE, () => {
  const clock = startAt(TODAY);
  const wrong = TODAY + 300 * DAY;
  assertEquals(clock.tick(wrong, 0), { time: TODAY, at: wrong });
  assertEquals(clock.tick(wrong, MINUTE).time, TODAY + 60 * MINUTE);
  assertEquals(clock.tick(TODAY + 2 * MINUTE, 2 * MINUTE).time, TODAY + 61 * MINUTE);
});

Deno.test("LogClock takes a jump of years for a clock that is set, not for time", PURE, () => {
  for (const from of [0, TODAY]) {
    const clock = startAt(from);
    let uptime = 0;
    // Later time counts as usual: a day, a night asleep, another day.
    for (const [wall, passed] of [[0, 0], [3650, 1], [3651, 1], [3653, 1], [3654, 1]] as const) {
      uptime += passed * DAY;
      assertEquals(clock.tick(from + wall * DAY, uptime).at, from + wall * DAY);
    }
    assertEquals(clock.tick(from + 3655 * DAY, uptime + DAY).time, from + 6 * DAY);
  }
});

Deno.test("LogClock in 1970 gives the dates that the log knows", PURE, () => {
  const clock = new LogClock(initialState(0, TODAY), 0);
  assertEquals(clock.tick(0, 0), { time: TODAY, at: TODAY });
  assertEquals(clock.tick(MINUTE, MINUTE).time, TODAY + MINUTE);
  assertEquals(clock.tick(TODAY + DAY, 2 * MINUTE).at, TODAY + DAY);
});

Deno.test("LogClock catches up with the time that a server was not running", PURE, () => {
  const clock = startAt(TODAY - 40 * DAY);
  let uptime = 0;
  while (clock.tick(TODAY + uptime, uptime).time < TODAY + uptime) uptime += MINUTE;
  assertEquals(uptime < DAY, true);
});

Deno.test(
  "LogClock ages nothing faster than time can have passed, whatever the system says",
  PURE,
  () => {
    const step = fc.record({
      wall: fc.oneof(
        fc.integer({ min: 0, max: 4 * TODAY }),
        fc.integer({ min: TODAY - DAY, max: TODAY + DAY }),
      ),
      passed: fc.integer({ min: 0, max: DAY }),
      isRestart: fc.boolean(),
    });
    fc.assert(fc.property(fc.array(step), (steps) => {
      let clock = startAt(TODAY);
      let [uptime, time] = [0, TODAY];
      for (const { wall, passed, isRestart } of steps) {
        if (isRestart) [clock, uptime] = [new LogClock(clock.state, 0), 0];
        uptime += passed;
        const now = clock.tick(wall, uptime);
        assert(now.time >= time + passed && now.time <= time + 60 * passed, `${now.time - time}`);
        assert(now.at >= wall);
        time = now.time;
      }
    }));
  },
);

const goesAway = { kind: "away", session: "a", inboxSeen: 0, byServer: false } as const;

Deno.test(
  "a log in memory forgets no session because the clock jumps, and every one in time",
  PURE,
  async () => {
    let [now, uptime] = [TODAY, 0];
    const retention = { retainFor: 0, retainMessages: 0, sessionsFor: 30 * DAY };
    const log = new MemoryLog(retention, () => now, () => uptime);
    await log.append([opens("a", "Alice"), goesAway, opens("b", "Bob")]);
    const passesBy = { ...goesAway, session: "b" };
    now += 3650 * DAY;
    await log.append([passesBy]);
    assertEquals((await log.session("a"))?.name, "Alice");
    now -= 3650 * DAY;
    for (let day = 0; day < 31; day++) {
      now += DAY;
      uptime += DAY;
      await log.append([passesBy]);
      assertEquals((await log.session("a"))?.name, day < 30 ? "Alice" : undefined, `day ${day}`);
    }
  },
);

Deno.test("a log in memory keeps messages of 1970 for as long as others", PURE, async () => {
  let [now, uptime] = [0, 0];
  const retention = { retainFor: 30 * DAY, retainMessages: 0, sessionsFor: 30 * DAY };
  const log = new MemoryLog(retention, () => now, () => uptime);
  await log.append([says("early")]);
  now = TODAY;
  for (let day = 0; day < 32; day++) {
    await log.append([says(`day ${day}`)]);
    const { items: [first] } = await log.read({ room: "General", limit: 500 });
    assertEquals(first?.text, day <= 30 ? "early" : "day 1", `day ${day}`);
    now += DAY;
    uptime += DAY;
  }
});

/** Opens the log in a file, for `use`, waits for a look at what is past its time, and closes it. */
async function withLog<Result>(
  path: string,
  use: (log: ServerLog) => Promise<Result>,
): Promise<Result> {
  const retention = { ...KEEP_ALL, retainDays: 30 };
  const { log } = await SqliteLog.open({ path, sync: "normal", retention });
  try {
    const result = await use(log);
    // The first look at what is past its time comes before some of this.
    for (let count = 0; count < 20; count++) await log.append([opens("b", "Bob")]);
    return result;
  } finally {
    await log[Symbol.asyncDispose]();
  }
}

/** Moves everything in a closed log `days` ahead, or back: as if the system's clock had been elsewhere. */
function shift(path: string, days: number, tables: readonly string[]): void {
  using database = new DatabaseSync(path);
  for (const column of tables) {
    const [table, name] = column.split(".");
    database.exec(`UPDATE ${table} SET "${name}" = "${name}" + ${days * DAY}`);
  }
}

Deno.test("a log in a file keeps what was said in 1970 when the clock is right again", async () => {
  using directory = new Directory();
  const path = directory.file();
  await withLog(path, (log) => log.append([opens("a", "Alice"), goesAway, says("early")]));
  shift(path, -20_000, ["message.at", "session.away_since", "clock.time"]);
  for (let start = 0; start < 2; start++) {
    const texts = await withLog(path, async (log) => {
      await log.append([says(`start ${start}`)]);
      return (await log.read({ room: "General", limit: 9 })).items.map(({ text }) => text);
    });
    assertEquals(texts, ["early", "start 0", "start 1"].slice(0, start + 2));
    assertEquals(
      await withLog(path, (log) => log.session("a").then((each) => each?.name)),
      "Alice",
    );
  }
});

for (const days of [40, 365]) {
  Deno.test(`a log in a file loses nobody to a clock that is ${days} days ahead, over restarts`, async () => {
    using directory = new Directory();
    const path = directory.file();
    await withLog(path, (log) => log.append([opens("a", "Alice"), goesAway, says("early")]));
    // As if that had been so long ago; or as if the clock were ahead today.
    shift(path, -days, ["message.at", "session.away_since", "clock.time"]);
    for (let start = 0; start < 3; start++) {
      const kept = await withLog(path, async (log) => [
        (await log.session("a"))?.name,
        (await log.read({ room: "General", limit: 9 })).items.map(({ text }) => text),
      ]);
      assertEquals(kept, ["Alice", ["early"]], `start ${start}`);
    }
  });
}

Deno.test("after a crash with a clock that is behind, dates go on from those of the last messages", async () => {
  using directory = new Directory();
  const path = directory.file();
  await withLog(path, (log) => log.append([says("early")]));
  shift(path, 1, ["message.at", "clock.time"]);
  for (let start = 0; start < 3; start++) {
    // As a crash leaves it: the clock was stored before the last message, and its offset is older still.
    using database = new DatabaseSync(path);
    database.exec(`UPDATE clock SET time = (SELECT max(at) - 100 FROM message), "offset" = -200`);
    database.close();
    const dates = await withLog(path, async (log) => {
      await log.append([says(`start ${start}`)]);
      return (await log.read({ room: "General", limit: 9 })).items.map(({ at }) => at);
    });
    assertEquals(dates, dates.toSorted((one, other) => one - other));
  }
});

Deno.test("a log in a file forgets a session that was away for too long", async () => {
  using directory = new Directory();
  const path = directory.file();
  await withLog(path, (log) => log.append([opens("a", "Alice"), goesAway, says("early")]));
  shift(path, -40, ["message.at", "session.away_since"]);
  await withLog(path, (log) => log.append([]));
  const { log } = await openLog(path);
  assertEquals(await log.session("a"), undefined);
  assertEquals((await log.read({ room: "General", limit: 9 })).items, []);
  await log[Symbol.asyncDispose]();
});
