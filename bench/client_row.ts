/**
 * The cost of the client to its user: the time to its prompt, and its memory after a
 * busy day; in a real terminal, which util-linux's `script` provides.
 */

import { findBinary } from "./binaries.ts";
import { Child, ended, exists } from "./child.ts";
import { median } from "./histogram.ts";
import { inTime } from "./in_time.ts";
import { type Lab, watched } from "./lab.ts";
import { read, residentBytes } from "./proc.ts";
import { megabytes, middle, milliseconds, type Section, type Verdict } from "./section.ts";
import { isAtMost, noiseMark } from "./soundness.ts";
import { CHAT_IN_MEMORY } from "./subjects.ts";

/** Messages that arrive before the memory is measured. */
const MESSAGES = 10_000;

/** The last of them. */
const LAST = "that was all";

const encoder = new TextEncoder();

/** Start to prompt, and memory after 10,000 messages, of `dist/chat-client`. */
export async function measureClient(lab: Lab): Promise<Section> {
  const client = hasTerminal()
    ? findBinary("chat-client")
    : { problem: "there is no script (util-linux) here" };
  const measured = "path" in client
    ? await watched(lab, () => timesAndSizes(lab, client.path))
    : { found: { times: [], sizes: [] }, noise: 0 };
  const { times, sizes } = measured.found;
  const verdicts: Verdict[] = [
    verdict("Start to prompt", times, { limit: 100, goal: "≤ 100 ms", show: milliseconds }),
    verdict(`Resident after ${MESSAGES} messages`, sizes, {
      limit: 80e6,
      goal: "≤ 80 MB",
      show: megabytes,
    }),
  ].map((each) =>
    "path" in client
      ? { ...each, found: each.found + noiseMark([measured]) }
      : { ...each, found: client.problem, isMet: undefined }
  );
  for (const { work, found } of verdicts) lab.say(`  ${work}: ${found}`);
  return { title: "chat-client", text: "`dist/chat-client` in a terminal.", verdicts };
}

async function timesAndSizes(
  lab: Lab,
  path: string,
): Promise<{ times: number[]; sizes: number[] }> {
  const times: number[] = [];
  const sizes: number[] = [];
  await using server = await Child.start((port) => CHAT_IN_MEMORY.command(port));
  for (let round = 0; round < 3 * lab.scale.rounds + 1; round++) {
    lab.signal.throwIfAborted();
    await using started = await TerminalClient.start(lab, path, server.port, `Starter ${round}`);
    // The first start also reads the disk.
    if (round > 0) times.push(started.promptAfter);
  }
  for (let round = 0; round < lab.scale.rounds; round++) {
    lab.signal.throwIfAborted();
    sizes.push(await sizeAfterMessages(lab, path, server.port, round));
  }
  return { times, sizes };
}

function hasTerminal(): boolean {
  return Deno.build.os === "linux" && exists("script", "--version");
}

function verdict(
  work: string,
  values: readonly number[],
  { limit, goal, show }: { limit: number; goal: string; show: (value: number) => string },
): Verdict {
  if (values.length === 0) return { work, found: "not measured", goal, isMet: undefined };
  return { work, found: middle(values, show), goal, isMet: isAtMost(median(values), limit) };
}

async function sizeAfterMessages(
  lab: Lab,
  binary: string,
  port: number,
  round: number,
): Promise<number> {
  await using client = await TerminalClient.start(lab, binary, port, `Reader ${round}`);
  const speaker = await Deno.connect({ hostname: "127.0.0.1", port });
  // Its own copies are read and dropped, so that it does not become a slow reader.
  const drained = speaker.readable.pipeTo(new WritableStream()).catch(() => {/* closed below */});
  const say = (text: string) => JSON.stringify({ type: "message", payload: { text } }) + "\n";
  const connect = { type: "connect", payload: { name: `Speaker ${round}`, room: "General" } };
  const lines = Array.from(
    { length: MESSAGES - 1 },
    (_, index) => say(`${index} `.padEnd(64, "x")),
  );
  const bytes = encoder.encode([JSON.stringify(connect) + "\n", ...lines, say(LAST)].join(""));
  for (let sent = 0; sent < bytes.length;) sent += await speaker.write(bytes.subarray(sent));
  await inTime(client.shows(LAST), "chat-client's last message", lab.signal);
  speaker.close();
  await drained;
  return client.pid === undefined ? NaN : residentBytes(client.pid) ?? NaN;
}

/** A client in a terminal of its own. */
class TerminalClient implements AsyncDisposable {
  /** Milliseconds from its start to its prompt. */
  promptAfter = NaN;
  readonly #script: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(script: Deno.ChildProcess) {
    this.#script = script;
    this.#output = script.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts it and waits for its prompt. */
  static async start(
    { directory, signal }: Lab,
    binary: string,
    port: number,
    name: string,
  ): Promise<TerminalClient> {
    const home = await Deno.makeTempDir({ dir: directory });
    const began = performance.now();
    const script = new Deno.Command("script", {
      args: ["-qfec", `exec '${binary}' 127.0.0.1:${port} --name '${name}'`, "/dev/null"],
      env: { HOME: home, XDG_STATE_HOME: home, XDG_CONFIG_HOME: home, TERM: "xterm-256color" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    await using stack = new AsyncDisposableStack();
    const client = stack.use(new TerminalClient(script));
    await inTime(client.shows("General> "), "chat-client's prompt", signal);
    client.promptAfter = performance.now() - began;
    stack.move();
    return client;
  }

  /** The process behind `script`; `undefined` once it has ended. */
  get pid(): number | undefined {
    const { pid } = this.#script;
    const [child = ""] = read(`/proc/${pid}/task/${pid}/children`)?.trim().split(" ") ?? [];
    return child === "" ? undefined : Number(child);
  }

  /** Resolves when `text` was written to the terminal. */
  shows(text: string): Promise<void> {
    return readUntil(this.#output, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this;
    // Without a process group the signal would go to the parent of the bench.
    if (pid !== undefined) Deno.kill(pid, "SIGTERM");
    await this.#output.cancel();
    await this.#script.stdin.close().catch(() => {/* it has gone with the program */});
    // With a signal it would not wait for the client, whose CPU seconds would then count as
    // another program's.
    await ended(this.#script);
  }
}

async function readUntil(output: ReadableStreamDefaultReader<string>, text: string): Promise<void> {
  for (let seen = ""; !seen.includes(text);) {
    const { value } = await output.read();
    if (value === undefined) throw new Error(`chat-client ended before it showed ${text}`);
    seen = seen.slice(-text.length) + value;
  }
}
