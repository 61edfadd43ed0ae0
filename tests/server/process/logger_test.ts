import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { LineWriter } from "../../../server/process/background_writer.ts";
import { Logger } from "../../../server/process/logger.ts";
import { ServerProcess } from "../../fixtures/process.ts";
import { PURE } from "../../fixtures/pure.ts";

const decoder = new TextDecoder();

/** A pipe that accepts nothing until it is opened, and then a few bytes at a time. */
class Pipe {
  text = "";
  readonly #opened = Promise.withResolvers<void>();

  async write(bytes: Uint8Array): Promise<number> {
    await this.#opened.promise;
    const part = bytes.subarray(0, 1000);
    this.text += decoder.decode(part);
    return part.length;
  }

  open(): void {
    this.#opened.resolve();
  }
}

Deno.test("LineWriter writes everything, in order, once somebody reads", PURE, async () => {
  const pipe = new Pipe();
  const writer = new LineWriter(pipe);
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index}\n`);
  for (const line of lines) assertEquals(writer.write(line), true);
  assertEquals(pipe.text, "");
  pipe.open();
  await writer.flush();
  assertEquals(pipe.text, lines.join(""));
  writer.write("more\n");
  await writer.flush();
  assertEquals(pipe.text, lines.join("") + "more\n");
});

Deno.test("LineWriter holds so much, and refuses the rest", PURE, async () => {
  const pipe = new Pipe();
  const writer = new LineWriter(pipe);
  const line = "x".repeat(99) + "\n";
  let taken = 0;
  while (writer.write(line)) taken++;
  assertGreater(taken, 1000);
  assertLess(taken, 100_000);
  pipe.open();
  await writer.flush();
  assertEquals(pipe.text.length, taken * line.length);
  assertEquals(writer.write(line), true);
  await writer.flush();
});

Deno.test("LineWriter goes on when a write fails", PURE, async () => {
  let fails = true;
  const taken: string[] = [];
  const writer = new LineWriter({
    write: (bytes) => {
      if (fails) return Promise.reject(new Deno.errors.BrokenPipe());
      taken.push(decoder.decode(bytes));
      return Promise.resolve(bytes.length);
    },
  });
  writer.write("lost\n");
  await writer.flush();
  fails = false;
  writer.write("kept\n");
  await writer.flush();
  assertEquals(taken, ["kept\n"]);
});

Deno.test("LineWriter waits for a non-blocking output that takes nothing now", PURE, async () => {
  let taken = "";
  const moods = ["busy", "one", "busy", "busy", "two"];
  const writer = new LineWriter({
    write: (bytes) => {
      if (moods.shift() === "busy") return Promise.reject(new Deno.errors.WouldBlock());
      taken += decoder.decode(bytes.subarray(0, 3));
      return Promise.resolve(Math.min(3, bytes.length));
    },
  });
  writer.write("first\n");
  writer.write("second\n");
  await writer.flush();
  assertEquals(taken, "first\nsecond\n");
});

Deno.test("Logger says how many lines nobody took, as soon as one is taken", PURE, () => {
  const lines: string[] = [];
  let isFull = false;
  const write = (line: string) => !isFull && lines.push(line) > 0;
  const logger = new Logger("info", "json", write, () => new Date(0));
  logger.log("info", "first");
  isFull = true;
  for (let count = 0; count < 7; count++) logger.log("info", "lost");
  logger.log("debug", "not worth a line");
  isFull = false;
  logger.log("info", "last");
  logger.log("info", "and on");
  assertEquals(lines.map((line) => JSON.parse(line)).map(({ event, count }) => [event, count]), [
    ["first", undefined],
    ["log lines dropped", 7],
    ["last", undefined],
    ["and on", undefined],
  ]);
});

Deno.test("a server whose log nobody reads goes on, and says later what was lost", async () => {
  const options = ["--log-level", "debug", "--log-format", "json", "--message-rate", "0"];
  await using server = await ServerProcess.start(...options);
  using alice = await server.connect("Alice");
  // Refusals of some megabytes of log: more than a pipe and the server's own queue hold.
  const refused = `{"type":"${"x".repeat(40)}"}\n`.repeat(1000);
  for (let round = 0; round < 12; round++) {
    await alice.write(refused);
    assertEquals((await alice.settled()).length, 1000);
  }
  let dropped: string | undefined;
  const reading = server.stderr.until("log lines dropped").then((line) => dropped = line);
  while (dropped === undefined) {
    await alice.send("nonsense");
    assertEquals((await alice.settled()).length, 1);
  }
  await reading;
  assertGreater(JSON.parse(dropped).count, 1000);
});

Deno.test("a server whose log nobody reads stops on request", async () => {
  await using server = await ServerProcess.start("--log-level", "debug", "--message-rate", "0");
  using alice = await server.connect("Alice");
  await alice.write("nonsense\n".repeat(20_000));
  await alice.settled();
  server.kill("SIGTERM");
  // The server closes connections once it has logged that: only then is the log read.
  assertEquals((await alice.rest()).at(-1)?.payload.event, "shutdown");
  assertEquals((await server.ended()).code, 0);
});
