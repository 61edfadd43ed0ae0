/** Browsers' side of a server: mutated HTTP heads, and conversations in mutated WebSocket frames. */

import { Random } from "../faults/random.ts";
import { ServerProcess, UNLIMITED } from "../faults/server_process.ts";
import { within } from "../faults/waiting.ts";
import { clientFrame, request, UPGRADE } from "../fixtures/web.ts";
import { joined, mutateBytes } from "./byte_level.ts";
import { castOf } from "./cast.ts";
import { HealthyPair } from "./healthy.ts";
import { canMeasure, costOf } from "./process_cost.ts";
import { conversation } from "./requests.ts";
import { MEMORY_BOUND } from "./run.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Concurrent peers. */
const PEERS = 16;

/** Seconds for the server to end a connection whose peer has ended its own side. */
const TIMEOUT = 30;

const encoder = new TextEncoder();

/** Sends `inputs` mutated heads and frames to one server; returns the faults in its behavior. */
export async function runWeb(seed: number, inputs: number): Promise<string[]> {
  await using server = await ServerProcess.start({ args: UNLIMITED });
  await using pair = new HealthyPair(server.port);
  const findings: string[] = [];
  await pair.begin();
  let index = 0;
  const playOn = async () => {
    while (index < inputs && findings.length === 0) {
      const bytes = bytesOf(Random.of(seed, `web ${index}`), index);
      index += bytes.length - 1;
      await play(server.port, joined(...bytes))
        .catch((error) => findings.push(`at ${index}: ${error}`));
    }
  };
  await Promise.all(Array.from({ length: PEERS }, playOn));
  const verdict = await pair.end();
  const peak = canMeasure ? costOf(server.pid).peak : 0;
  const code = await server.stop();
  findings.push(
    ...verdict.findings.map(({ wrong, what }) => `${wrong}: ${what}`),
    ...peak > MEMORY_BOUND ? [`it came to hold ${Math.round(peak)} MiB`] : [],
    ...code === 0 ? [] : [`it stopped with exit code ${code}`],
    ...server.complaints === "" ? [] : [`it complained: ${server.complaints.slice(0, 2000)}`],
  );
  return findings.map((finding) => `web, seed ${seed}: ${finding}`);
}

/** A head, and the frames behind it: one of them, or each frame, is mutated. */
function bytesOf(random: Random, index: number): Bytes[] {
  const head = encoder.encode(random.chance(0.2) ? request("/") : request("/chat", UPGRADE));
  const frames = conversation(castOf(index, random), random, random.between(1, 20)).map((each) =>
    framed(JSON.stringify(each), random)
  );
  const mutated = (bytes: Bytes) => mutateBytes(bytes, random, random.pick(frames));
  if (random.chance(0.3)) return [mutated(head), ...frames];
  return [head, ...frames.map((frame) => random.chance(0.3) ? mutated(frame) : frame)];
}

/** A message in one frame, or in two with another between. */
function framed(line: string, random: Random): Bytes {
  if (random.chance(0.7)) return clientFrame(line);
  const at = random.between(0, line.length);
  const between = clientFrame("x", random.pick([0x88, 0x89, 0x8a, 0x82]));
  return joined(clientFrame(line.slice(0, at), 0x01), between, clientFrame(line.slice(at), 0x80));
}

/** Sends bytes, ends its side, and reads until the server has ended the other. */
async function play(port: number, bytes: Bytes): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(65_536);
  const reading = (async () => {
    while (await conn.read(buffer) !== null);
  })().catch(() => {/* The server has cut it off, which it may. */});
  try {
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    await conn.closeWrite();
  } catch {
    // The server has closed it already, as it may.
  }
  await within(TIMEOUT, reading, () => "the server did not end a connection");
}
