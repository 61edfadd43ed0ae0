import { assertEquals, assertMatch } from "@std/assert";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { type Ended, serverCommand, TestProcess } from "../../fixtures/process.ts";
import { printLine } from "../../../server/process/standard_output.ts";

/** Outputs that take nothing, as a shell makes them; and what a program says of each that has to print. */
const OUTPUTS: [output: string, code: number, reason: string[]][] = [
  [">/dev/full", 1, ["chat-server: Cannot write to stdout: No space left on device"]],
  [">&-", 0, []],
  ["> >(true)", 0, []],
];

/** Runs the server with an output of the shell's. */
function start(output: string, ...args: string[]): TestProcess {
  return new TestProcess(["bash", "-c", `exec "$@" ${output}`, "sh", ...serverCommand(...args)]);
}

/** A port that nothing uses. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const LINUX = { ignore: Deno.build.os !== "linux" };

Deno.test("help and version say in one line that the output took nothing", LINUX, async () => {
  for (const args of [["--help"], ["--version"], ["passwd", "--help"]]) {
    for (const [output, code, stderr] of OUTPUTS) {
      await using program = start(output, ...args);
      assertEquals<Ended>(await program.ended(), { code, stdout: [], stderr }, args + output);
    }
  }
});

Deno.test("a server runs without an output, and ends in order", LINUX, async () => {
  for (const [output] of OUTPUTS) {
    const port = freePort();
    await using server = start(output, "--memory", "--port", `${port}`);
    await server.stderr.until("log opened");
    using alice = await new Endpoint(port).join("Alice");
    await alice.send("message", { text: "Hi" });
    assertEquals((await alice.receive("message")).payload.text, "Hi", output);
    const isFull = output === ">/dev/full";
    if (isFull) assertMatch(await server.stderr.until(" warn "), /cannot write to stdout .*:\d+/);
    await alice.send("quit");
  }
});

Deno.test("an output that takes little at a time gets all of a line", async () => {
  let written = "";
  const moods = ["busy", "one", "busy", "two"];
  const writeSync = (bytes: Uint8Array) => {
    if (moods.shift() === "busy") throw new Deno.errors.WouldBlock();
    written += new TextDecoder().decode(bytes.subarray(0, 2));
    return Math.min(2, bytes.length);
  };
  assertEquals([await printLine("a line", { writeSync }), written], [undefined, "a line\n"]);
});
