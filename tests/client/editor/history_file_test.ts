import { assertEquals, assertMatch } from "@std/assert";
import { HistoryFile } from "../../../client/editor/history_file.ts";
import { Home } from "../../fixtures/client.ts";

const LINES = 20_000;

/** Another client that adds {@linkcode LINES} numbered lines; resolves with its problem, or "". */
async function addElsewhere(directory: string): Promise<string> {
  const script = new URL("../../fixtures/history_writer.ts", import.meta.url);
  const worker = new Worker(script, { type: "module" });
  const ended = new Promise<string>((resolve) => worker.onmessage = ({ data }) => resolve(data));
  worker.postMessage({ directory, lines: LINES });
  const problem = await ended;
  worker.terminate();
  return problem;
}

function assertWithoutGap(lines: readonly string[]): void {
  const first = Number(lines[0]);
  assertEquals(lines, lines.map((_, index) => String(first + index)));
}

Deno.test("HistoryFile keeps the lines that another client adds while it is shortened", async () => {
  await using home = new Home();
  let isAdding = true;
  const adding = addElsewhere(home.path).finally(() => isAdding = false);
  while (isAdding) {
    assertWithoutGap((await HistoryFile.open(home.path, "server")).lines);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(await adding, "");
  const { lines } = await HistoryFile.open(home.path, "server");
  assertWithoutGap(lines);
  assertEquals(lines.at(-1), String(LINES));
});

Deno.test("HistoryFile says once why nothing is kept, and goes on", async () => {
  await using home = new Home();
  const directory = `${home.path}/missing`;
  const file = await HistoryFile.open(directory, "server");
  assertEquals(file.lines, []);
  assertMatch(file.add("one") ?? "", /^Cannot write .*missing.*: No such file/);
  assertEquals(file.add("two"), undefined);
});

Deno.test("HistoryFile opens where its file cannot be read", async () => {
  await using home = new Home();
  Deno.mkdirSync(`${home.path}/history-server.jsonl`);
  const file = await HistoryFile.open(home.path, "server");
  assertMatch(file.problem ?? "", /^Cannot read .*history-server.jsonl: Is a directory/);
  assertEquals([file.lines, file.add("x")], [[], undefined]);
});
