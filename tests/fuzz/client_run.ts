/**
 * The other direction: a server that answers a `chat-client` with mutated events. The
 * client must end with its own message, and print nothing that is unsafe for a screen or
 * a program.
 */

import { encode, type Event, LIMITS } from "../../protocol/mod.ts";
import { Random } from "../faults/random.ts";
import { within } from "../faults/waiting.ts";
import { ClientProcess, Home } from "../fixtures/client.ts";
import { LineReader } from "../fixtures/process.ts";
import { mutateBytes } from "./byte_level.ts";
import { acknowledgement, makeEvent } from "./events.ts";
import { mutateJson } from "./json_level.ts";
import { canMeasure, costOf } from "./process_cost.ts";

/** The output modes of a client. */
export const CLIENT_MODES = ["--plain", "--json"] as const;

/** The most memory that a client may take, in MiB. */
export const CLIENT_MEMORY_BOUND = 300;

/** Seconds for a client to read everything and leave. */
const TIMEOUT = 60;

/** A room that no other event is about: a client that is in no room any more rightly ends. */
const JOINED_QUIET: Event = {
  type: "notification",
  payload: { message: "Joined.", event: "joined", room: "Quiet", name: "Ada", seq: 0 },
};

const encoder = new TextEncoder();

/** Sends `inputs` mutated events to one client; returns the faults in its behavior. */
export async function runClient(
  seed: number,
  mode: (typeof CLIENT_MODES)[number],
  inputs: number,
): Promise<string[]> {
  const random = Random.of(seed, `client ${mode}`);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using home = new Home();
  await using client = new ClientProcess(home, [
    ...[`127.0.0.1:${listener.addr.port}`, "--name", "Ada", "--room", "General", mode],
  ]);
  let resident = 0;
  let early: string | undefined;
  const serving = misinform(listener, random, inputs, client.pid).then(
    (mebibytes) => void (resident = mebibytes),
    (error) => void (early = `it hung up before its server did (${error})`),
  );
  const [{ code, stdout, stderr }] = await within(
    TIMEOUT,
    Promise.all([client.ended(), serving]),
    () => `chat-client ${mode} to end`,
  );
  const findings = [
    ...early === undefined ? [] : [early],
    // The server has closed the connection; nothing else may have ended the client.
    ...code === 1 ? [] : [`it ended with exit code ${code}`],
    ...stderr.filter((line) => /Uncaught|^\s+at /.test(line)),
    ...stdout.filter((line) => !isFit(line, mode)).slice(0, 3),
    ...resident > CLIENT_MEMORY_BOUND ? [`it came to hold ${Math.round(resident)} MiB`] : [],
  ];
  return findings.map((finding) => `chat-client ${mode}, seed ${seed}: ${finding}`);
}

/** Serves one client; resolves to its memory in MiB when it has answered the last ping. */
async function misinform(
  listener: Deno.Listener,
  random: Random,
  inputs: number,
  pid: number,
): Promise<number> {
  const conn = await listener.accept();
  const lines = new LineReader(conn.readable);
  await lines.until('"connect"');
  await write(conn, encoder.encode(encode(acknowledgement("Ada", "General"))));
  await write(conn, encoder.encode(encode(JOINED_QUIET)));
  for (let sent = 0; sent < inputs; sent += 50) {
    await write(conn, encoder.encode(mutatedEvents(random, sent, 50)));
  }
  await write(conn, encoder.encode('\n{"type":"ping","payload":{"nonce":"the end"}}\n'));
  await lines.until('"the end"');
  const resident = canMeasure ? costOf(pid).peak : 0;
  // Last, a line that breaks the framing or is cut off.
  const line = encoder.encode(encode(makeEvent(random, inputs)));
  await write(conn, mutateBytes(line, random, random.bytes(20)));
  await conn.closeWrite();
  await lines.rest().catch(() => {/* with something unread, its end is a reset */});
  return resident;
}

function mutatedEvents(random: Random, first: number, count: number): string {
  let text = "";
  for (let index = 0; index < count; index++) {
    const line = mutateJson(makeEvent(random, first + index + 1), random);
    // A longer line ends the connection.
    if (encoder.encode(line).length < LIMITS.line) text += line + "\n";
  }
  return text;
}

async function write(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await conn.write(bytes.subarray(written));
  }
}

/** Whether a line of its output is JSON, or safe on a screen. */
function isFit(line: string, mode: (typeof CLIENT_MODES)[number]): boolean {
  if (mode === "--json") return isJson(line);
  return !/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(line);
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}
