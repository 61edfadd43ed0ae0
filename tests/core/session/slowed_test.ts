/** A client that sends faster than the server allows: nothing is lost, doubled or out of order. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import type { ServerProcess } from "../../fixtures/process.ts";
import { terminalTest, Tmux } from "../../fixtures/tmux.ts";

const NOTICE = "-- The server takes only so much at a time: what waits goes out a little later";

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index}`);
}

/** The messages in General, by the log. */
async function saidIn(server: ServerProcess): Promise<string[]> {
  using reader = await server.join("Reader");
  await reader.send("history", { room: "General", limit: 500 });
  for (;;) {
    const { type, payload } = await reader.next() ?? { type: "end", payload: undefined };
    if (type === "end") throw new Error("The connection ended before the history");
    if (type === "history") return payload.messages.map(({ text }: { text: string }) => text);
  }
}

Deno.test("a pipe that is too fast is slowed, says so once, and loses nothing", async () => {
  await using home = new Home();
  await using server = await home.serve(0, ...["--message-rate", "300", "--message-burst", "300"]);
  const lines = numbered(600);
  const { code, stdout, stderr } = await runClient(home, [server.address, "--name", "A"], lines);
  assertEquals(stdout, lines.map((line) => `[General] A: ${line}`));
  assertEquals([code, stderr], [0, [NOTICE]]);
});

Deno.test("a client that is killed while it waits sends what is left at the next start", async () => {
  await using home = new Home();
  await using server = await home.serve(0, ...["--message-rate", "100", "--message-burst", "50"]);
  const args = [server.address, "--name", "A"];
  await using client = new ClientProcess(home, args);
  const lines = numbered(150);
  await client.type(...lines);
  await client.stderr.until(NOTICE);
  client.kill("SIGKILL");
  const { stdout } = await client.ended();
  assert(stdout.length < lines.length);
  assertEquals((await runClient(home, args, ["and one more"])).code, 0);
  assertEquals(await saidIn(server), [...lines, "and one more"]);
});

Deno.test("requests are sent again as messages are", async () => {
  await using home = new Home();
  // `connect` costs as much as ten requests, and `members` as four.
  await using server = await home.serve(0, ...["--message-rate", "20", "--message-burst", "12"]);
  using _bob = await server.join("Bob", "Lab");
  const args = ["who", "--room", "Lab", "--name", "Alice", "--server", server.address];
  const { code, stdout, stderr } = await runClient(home, args);
  assertEquals([code, stdout, stderr], [0, ["Bob"], []]);
});

terminalTest(
  "on a terminal what waits for the server is seen, with the seconds",
  async (home, server) => {
    await using tmux = await Tmux.open(home, 80, 40);
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilIn("General");
    await tmux.enter("word");
    // Lines at once would be a paste; Up and Enter are keys.
    await tmux.send("\x1b[A\r".repeat(39));
    const waiting = await tmux.untilSeen("s: the server takes only so much at a time");
    assertStringIncludes(waiting, "… [General] word\n");
    // The search waits behind the messages before it, and finds all of them.
    await tmux.type("/search word");
    await tmux.press("Enter");
    await tmux.untilSeen("/open N shows one in its context");
    await tmux.until((screen) => screen.endsWith("General>") && !screen.includes("…"));
    const said = /^\d\d:\d\d \[General\] Alice: word$/;
    const rows = (await tmux.everything()).filter((row) => said.test(row));
    assertEquals(rows.length, 40);
  },
  ...["--message-rate", "20", "--message-burst", "40"],
);
