import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { ExpiryClock } from "../../../server/log/expiry_clock.ts";
import { MemoryLog } from "../../../server/log/memory/memory_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { openLog, opens } from "../../fixtures/log.ts";
import { PURE } from "../../fixtures/pure.ts";
import { DAY } from "../../../server/process/time.ts";

/** 2026, in days since the epoch. */
const TODAY = 20_500 * DAY;

Deno.test("ExpiryClock goes with the clock, and back with it", PURE, () => {
  const clock = new ExpiryClock(TODAY, 0);
  for (const passed of [0, 10, 1000, DAY]) {
    assertEquals(clock.now(TODAY + passed, passed), TODAY + passed);
  }
  assertEquals(clock.now(TODAY - 5 * DAY, DAY), TODAY - 5 * DAY);
  // The clock may return to an earlier time at once.
  assertEquals(clock.now(TODAY + DAY, DAY), TODAY + DAY);
});

Deno.test("ExpiryClock believes a jump ahead only little by little, and forgives it", PURE, () => {
  const clock = new ExpiryClock(TODAY, 0);
  const wrong = TODAY + 3650 * DAY;
  assertEquals(clock.now(wrong, 0), TODAY);
  assertEquals(clock.now(wrong, 60_000), TODAY + 3_600_000);
  assertEquals(clock.now(TODAY + 120_000, 120_000), TODAY + 120_000);
});

Deno.test("ExpiryClock catches up with the time that a server was not running", PURE, () => {
  const clock = new ExpiryClock(TODAY - 40 * DAY, 0);
  let uptime = 0;
  while (clock.now(TODAY + uptime, uptime) < TODAY + uptime) uptime += 60_000;
  assertEquals(uptime < DAY, true);
});

Deno.test(
  "a log in memory forgets no session because the clock jumps, and every one in time",
  PURE,
  async () => {
    let [now, uptime] = [TODAY, 0];
    const retention = { retainFor: 0, retainMessages: 0, sessionsFor: 30 * DAY };
    const log = new MemoryLog(retention, () => now, () => uptime);
    const goesAway = { kind: "away", session: "a", inboxSeen: 0, byServer: false } as const;
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

Deno.test("a log in a file forgets no session that was away long before the server came back", async () => {
  using directory = new Directory();
  const path = directory.file();
  const open = () => openLog(path);
  const { log: before } = await open();
  const goesAway = { kind: "away", session: "a", inboxSeen: 0, byServer: false } as const;
  await before.append([opens("a", "Alice"), goesAway]);
  await before[Symbol.asyncDispose]();
  // As if everything had happened a year ago, or the clock were a year ahead.
  const database = new DatabaseSync(path);
  database.exec(`UPDATE session SET away_since = away_since - ${365 * DAY}`);
  database.close();
  const { log } = await open();
  // The first search for expired rows comes before some of this.
  for (let count = 0; count < 20; count++) {
    await log.append([opens("b", "Bob")]);
    assertEquals((await log.session("a"))?.name, "Alice");
  }
  await log[Symbol.asyncDispose]();
});
