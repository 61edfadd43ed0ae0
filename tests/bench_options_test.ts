import { assertEquals, assertMatch } from "@std/assert";
import { Directory } from "./fixtures/log.ts";

/** Runs `deno task bench` with arguments that it is to refuse before it measures anything. */
async function refused(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", "bench/main.ts", ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals([code, out], [2, ""]);
  return error ?? "";
}

Deno.test("bench refuses what it does not know, and a row that there is not", async () => {
  assertEquals(await refused("--qiuck"), 'Unknown argument "--qiuck"\n');
  assertEquals(await refused("--only", "rom"), 'There is no row "rom"; --help lists them\n');
});

Deno.test("bench says that it can't write its report before it measures, not after", async () => {
  using directory = new Directory();
  const file = directory.file("file");
  Deno.writeTextFileSync(file, "");
  for (const output of [file, `${file}/in-it`]) {
    const reason = await refused("--output", output);
    assertMatch(reason, /^Cannot write a report into ".*": [^\n]+\n$/);
  }
});
