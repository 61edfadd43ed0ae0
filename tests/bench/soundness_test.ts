import { assert, assertEquals } from "@std/assert";
import { Child } from "../../bench/child.ts";
import type { Findings } from "../../bench/load.ts";
import { cpuSeconds, othersSeconds, watchOthers } from "../../bench/proc.ts";
import { isAtMost, isWhole, keptUp, loadMark, marksOf, noiseMark } from "../../bench/soundness.ts";
import { TestProcess } from "../fixtures/process.ts";
import { PURE } from "../fixtures/pure.ts";

const LATENCY = { p50: 1, p99: 2, p999: 3, max: 4, count: 1000 };

const SOUND: Findings = {
  throughput: 1000,
  latency: LATENCY,
  slowestRoom: 1,
  longestStall: 10,
  serverCpu: 0.9,
  serverMemory: 1e6,
  loadBusy: 0.5,
  noise: 0,
  bytesEach: 100,
  missing: 0,
  lost: 0,
};

/** Findings of three rounds, the last of which was `other`. */
function rounds(other: Partial<Findings>): Findings[] {
  return [SOUND, SOUND, { ...SOUND, ...other }];
}

Deno.test(
  "bench takes no goal for met where something is missing, or nothing arrived",
  PURE,
  () => {
    assertEquals(isWhole(rounds({})), true);
    assertEquals(isWhole([]), false);
    for (const wrong of [{ missing: 1 }, { missing: -1 }, { lost: 1 }, { throughput: 0 }]) {
      assertEquals(isWhole(rounds(wrong)), false, JSON.stringify(wrong));
    }
  },
);

Deno.test("bench takes no latency for a server's that did not keep up with the rate", PURE, () => {
  assertEquals([keptUp(SOUND, 1000), keptUp(SOUND, 1040), keptUp(SOUND, 2000)], [
    true,
    true,
    false,
  ]);
});

Deno.test("bench marks lost, disturbed and delayed measurements", PURE, () => {
  assertEquals(marksOf(rounds({})), "");
  assertEquals(marksOf(rounds({ missing: 1 })), " ‡");
  assertEquals(marksOf(rounds({ lost: 1, noise: 0.2 })), " ‡ §");
  assertEquals(noiseMark([]), "");
  assertEquals(noiseMark([{ noise: 0.1 }, { noise: 0.11 }]), " §");
  assertEquals(loadMark(rounds({ loadBusy: 1 })), "");
  assertEquals(loadMark([{ ...SOUND, loadBusy: 0.95 }]), " †");
});

Deno.test("bench says nothing of a figure that can't be had", PURE, () => {
  assertEquals([isAtMost(1, 2), isAtMost(3, 2), isAtMost(NaN, 2)], [true, false, undefined]);
});

Deno.test("bench finds what others use, however the kernel counts interrupts", PURE, () => {
  // A kernel that counts interrupts separately.
  assertEquals(othersSeconds({ processes: 20, interrupts: 5 }, 19), 1);
  // A kernel that charges them to processes too, as soon as that shows.
  assertEquals(othersSeconds({ processes: 15, interrupts: 5 }, 20), 0);
  assertEquals(othersSeconds({ processes: 16, interrupts: 5 }, 18), 3);
});

/** Uses three tenths of a CPU second, says so, and is there until its input ends. */
const BUSY = "while (process.cpuUsage().user < 300_000); console.log('used'); " +
  "await Deno.stdin.read(new Uint8Array(1))";

Deno.test({
  name: "bench takes what a process used for others', but for its own once it has seen it end",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const own = () => cpuSeconds(Deno.pid) ?? NaN;
    const [before, began, others] = [own(), performance.now(), watchOthers()];
    await using busy = new TestProcess([Deno.execPath(), "eval", BUSY]);
    assertEquals(await busy.line(), "used");
    // Ticks, of two sums.
    const least = 0.3 - 0.05;
    assert(others() * (performance.now() - began) / 1000 >= least);
    await busy.finish();
    assert(own() - before >= least);
  },
});

Deno.test("bench says at once that a server has ended", async () => {
  const command = { program: Deno.execPath(), args: ["eval", "Deno.exit(7)"] };
  let reason = "";
  try {
    await using _server = await Child.start(() => command);
  } catch (error) {
    reason = String(error);
  }
  assertEquals(
    reason,
    `Error: It ended at once, with status 7: ${Deno.execPath()} eval Deno.exit(7)`,
  );
});
