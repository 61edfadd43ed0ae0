import { assertEquals } from "@std/assert";
import { LineSplitter } from "../../../server/connection/line_stream.ts";

Deno.test("each text gives its own lines, however many are split at once", async () => {
  const splitter = new LineSplitter();
  const texts = Array.from(
    { length: 100 },
    (_, text) => Array.from({ length: text % 5 + 1 }, (_, line) => `${text} ${line}\r`),
  );
  const split = await Promise.all(
    texts.map((lines) =>
      new Promise<readonly string[]>((resolve) => splitter.split(lines.join("\n") + "\n", resolve))
    ),
  );
  assertEquals(split.map((lines) => lines.map((line) => line.trimEnd() + "\r")), texts);
});
