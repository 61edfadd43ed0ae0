import { assertEquals, assertMatch } from "@std/assert";
import { Directory } from "../fixtures/files.ts";
import { TestProcess } from "../fixtures/process.ts";

/** The answer of `deno task bench` to arguments that it must refuse before it measures. */
async function refused(...args: string[]): Promise<string[]> {
  const run = ["run", "--quiet", "--no-check", "--allow-all", "bench/main.ts"];
  await using bench = new TestProcess([Deno.execPath(), ...run, ...args]);
  const { code, stdout, stderr } = await bench.ended();
  assertEquals([code, stdout], [2, []]);
  return stderr;
}

Deno.test("bench refuses what it does not know, a row that there is not, and a report for nowhere", async () => {
  assertEquals(await refused("--qiuck"), ['Unknown argument "--qiuck"']);
  assertEquals(await refused("--quick", "--output"), ["--output wants a directory"]);
  assertEquals(await refused("--only", "rom"), ['There is no row "rom"; --help lists them']);
});

Deno.test("bench says that it can't write its report before it measures, not after", async () => {
  using directory = new Directory();
  const file = directory.file("file");
  Deno.writeTextFileSync(file, "");
  for (const output of [file, `${file}/in-it`]) {
    const [reason = "", ...more] = await refused("--output", output);
    assertMatch(reason, /^Cannot write a report into ".*": .+$/);
    assertEquals(more, []);
  }
});
