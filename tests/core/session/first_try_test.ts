/** --retry covers the first connection and the name, in every mode. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Link } from "../../../core/session/link.ts";
import { UnusableServer } from "../../../core/session/transport.ts";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import { TestClient } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";
import { Own } from "../../fixtures/tls.ts";
import { Logger } from "../../../server/process/logger.ts";
import { Tls } from "../../../server/tls/tls.ts";

/** A port on which nothing listens yet. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const JSON_LINE = '{"type": "message", "id": "a", "payload": {"text": "hello"}}';

/** Modes: arguments, what is typed, and what comes out in the end. */
const MODES: Record<string, [args: string[], typed: string[], out: string]> = {
  "a pipe": [[], ["hello"], "[General] Alice: hello"],
  "--json": [["--json"], [JSON_LINE], '"text":"hello"'],
  "send": [["send", "hello"], [], ""],
  "tail": [["tail"], [], ""],
};

function argumentsOf(mode: string, server: string): string[] {
  const [[command, ...text]] = MODES[mode] ?? [[]];
  const args = ["--name", "Alice", "--server", server, "--retry", "60", ...text];
  return command === undefined ? args : [command, ...args];
}

/** Resolves once a client has said that it goes on trying. */
async function untilTrying(client: ClientProcess, mode: string): Promise<void> {
  if (mode === "--json") await client.stdout.until('"offline"');
  else await client.stderr.until("trying to connect again");
}

for (const [mode, [, typed, out]] of Object.entries(MODES)) {
  Deno.test(`--retry waits for a server that is not up yet: ${mode}`, async () => {
    await using home = new Home();
    const port = freePort();
    await using client = new ClientProcess(home, argumentsOf(mode, `127.0.0.1:${port}`));
    await client.type(...typed);
    await untilTrying(client, mode);
    await using server = await home.serve(port);
    const { code, stdout } = await client.finish();
    assertEquals(code, 0);
    assertStringIncludes(stdout.join("\n"), out);
    using reader = await server.join("Reader", "General");
    assertEquals(reader.ack.rooms[0].seq, mode === "tail" ? 0 : 1);
  });

  Deno.test(`--retry waits for a name that is taken: ${mode}`, async () => {
    await using home = new Home();
    await using server = await home.serve();
    const holder = await server.join("alice", "General");
    await using client = new ClientProcess(home, argumentsOf(mode, server.address));
    await client.type(...typed);
    await untilTrying(client, mode);
    await holder.send("quit");
    await holder.rest();
    const { code, stdout } = await client.finish();
    assertEquals(code, 0);
    assertStringIncludes(stdout.join("\n"), out);
  });
}

Deno.test("--retry waits for a server that is to be reached over TLS", async () => {
  await using home = new Home();
  const own = await Own.make();
  const port = freePort();
  const url = `chats://127.0.0.1:${port}/#${await own.print}`;
  await using client = new ClientProcess(home, argumentsOf("send", url));
  await client.stderr.until("trying to connect again");
  const logger = new Logger("error", "json", () => {});
  const tls = await Tls.open(own, () => Deno.listen({ hostname: "127.0.0.1", port }), logger);
  await using _server = await startServer({ listeners: [tls] });
  assertEquals((await client.finish()).code, 0);
});

Deno.test("--retry does not wait for what another try would not change", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using _bob = await server.join("Bob", "General");
  const named = argumentsOf("send", server.address).with(2, "Bоb");
  const lookalike = await runClient(home, named);
  assertEquals(lookalike.code, 1);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const running = runClient(home, argumentsOf("send", `127.0.0.1:${listener.addr.port}`));
  using peer = new TestClient(await listener.accept());
  await peer.write(new Uint8Array([0xff, 0xfe, 0x0a]));
  assertStringIncludes((await running).stderr.join("\n"), "does not speak this chat's protocol");
});

/** Runs a link whose every try fails as `dial` does; the tries, and how it ended. */
async function failing(error: Error, retryFor: number) {
  let tries = 0;
  const link = new Link({
    server: "chat.example",
    dial: () => (tries++, Promise.reject(error)),
    retryFor,
    hello: () => ({ type: "connect", payload: { name: "Alice" } }),
    report: () => {},
    refused: () => Promise.resolve(undefined),
  });
  return { reason: await link.run(), tries };
}

Deno.test("a first try that fails is one of many while there is time, and the only one without", async () => {
  const unknown = new Error("Cannot find the host");
  const { reason, tries } = await failing(unknown, 700);
  assert(tries > 1, `${tries}`);
  assertEquals(reason, "Cannot find the host");
  assertEquals(await failing(unknown, 0), { reason: "Cannot find the host", tries: 1 });
  const untrusted = new UnusableServer("Cannot trust it");
  assertEquals(await failing(untrusted, 60_000), { reason: "Cannot trust it", tries: 1 });
});
