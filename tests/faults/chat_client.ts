/**
 * `chat-client` as a process that is killed. Its only evidence is its output, and the
 * outbox that it left on disk.
 */

import { signal, undoAtExit } from "./leftovers.ts";
import type { Line, Note, Witness } from "./notes.ts";
import { Broken, Watch, within } from "./waiting.ts";

/** Seconds for it to leave by itself. */
const TIMEOUT = 30;

/** The key of a printed message: its sender, and the first words of its text. */
type Key = `${string}: ${string} ${number}`;

/** The observable fate of a message. */
type Sight =
  | Extract<Note, { note: "connected" | "said" }>
  | { note: "printed"; key: Key }
  /** The outbox held it at the kill: a promise to send it. */
  | { note: "kept"; key: Key };

/** A `chat-client` in a pipe. */
export class ChatClient {
  readonly name: string;
  readonly #home: string;
  readonly #room: string;
  readonly #args: string[];
  readonly #sights: Sight[] = [];
  readonly #watch = new Watch();
  #child: Deno.ChildProcess | undefined;
  #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #output: Promise<unknown> = Promise.resolve();
  #isGone: () => void = () => {};
  #isOver = false;
  #typed = 0;
  #ownLines = 0;

  /** A client of the server at `port`, with its state below `home`. */
  constructor(
    { name, home, port, room }: Record<"name" | "home" | "room", string> & { port: number },
  ) {
    this.name = name;
    this.#home = home;
    this.#room = room;
    this.#args = [`127.0.0.1:${port}`, "--name", name, "--room", room, "--retry", "60"];
  }

  /** Starts it on the state that it has. */
  start(): void {
    const program = new URL("../../client.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-all", program, ...this.#args],
      env: {
        HOME: this.#home,
        XDG_STATE_HOME: `${this.#home}/state`,
        XDG_CONFIG_HOME: `${this.#home}/config`,
        DENO_DIR: denoDirectory(),
        NO_COLOR: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#isOver = false;
    this.#isGone = undoAtExit(() => signal(child, "SIGKILL"));
    this.#input = child.stdin.getWriter();
    this.#sights.push({ note: "connected", anew: true });
    this.#output = Promise.all([this.#watchOutput(child.stdout), drain(child.stderr)]);
  }

  /** Writes `count` lines to its input; it may be killed before it has read them. */
  type(count: number): void {
    let text = "";
    for (let line = 0; line < count; line++) {
      const said = `${this.name} ${++this.#typed} typed`;
      this.#sights.push({
        note: "said",
        target: { room: this.#room },
        text: said,
        ref: this.#typed,
      });
      text += said + "\n";
    }
    this.#input?.write(new TextEncoder().encode(text)).catch(() => {/* it was killed */});
  }

  /** Resolves when it has printed `count` more of its own messages. */
  async hearsBack(count: number): Promise<void> {
    const enough = this.#ownLines + count;
    await this.#watch.until(
      () => this.#ownLines >= enough || this.#isOver,
      () => `${this.name} to print ${enough - this.#ownLines} more of its own lines`,
    );
    if (this.#isOver) throw new Broken(`chat-client ended by itself`);
  }

  /** Kills it, if it runs, and reads the outbox that it leaves. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    signal(child, "SIGKILL");
    await this.#ended(child);
    for (const text of drafts(this.#home)) {
      this.#sights.push({ note: "kept", key: keyOf(this.name, text) });
    }
  }

  /** Ends its input; it must exit with 0 after sending all that it promised. */
  async finish(): Promise<void> {
    const child = this.#child as Deno.ChildProcess;
    await this.#input?.close();
    const code = await within(TIMEOUT, this.#ended(child), () => "chat-client to finish");
    if (code !== 0) throw new Broken(`chat-client ended with exit code ${code}`);
    const [left] = drafts(this.#home);
    if (left !== undefined) throw new Broken(`chat-client left with an unsent "${left}"`);
  }

  /** Its evidence: the lines of `history` that it printed. */
  testify(history: Iterable<Line>): Witness {
    const lines = new Map([...history].map((line) => [keyOf(line.sender, line.text), line]));
    const notes = this.#sights.map((sight): Note => {
      if (!("key" in sight)) return sight;
      const line = lines.get(sight.key) ?? this.#missing(sight.key);
      const isOwn = line.sender === this.name;
      const testified = isOwn ? { ...line, ref: Number(sight.key.split(" ").at(-1)) } : line;
      return { note: sight.note === "printed" ? "shown" : "answered", line: testified };
    });
    return { name: this.name, notes };
  }

  /** Messages that history lacks, for the oracle to find. */
  #missing(key: Key): Line {
    const [sender = "", text = ""] = key.split(": ");
    return { room: this.#room, sender, text: `${text} typed`, seq: 0, at: 0 };
  }

  async #ended(child: Deno.ChildProcess): Promise<number> {
    const { code } = await child.status;
    this.#child = undefined;
    this.#isGone();
    await this.#output;
    await this.#input?.close().catch(() => {/* closed already, or its reader is gone */});
    return code;
  }

  async #watchOutput(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let text = "";
    for await (const part of stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + part).split("\n");
      text = lines.pop() as string;
      for (const line of lines) this.#print(line);
      this.#watch.changed();
    }
    this.#isOver = true;
    this.#watch.changed();
  }

  /** Notes a printed line such as `[Hall] Ada: Ada 17 …`. */
  #print(line: string): void {
    const [, sender, text] = /^\[\w+\] (\w+): (.*)$/.exec(line) ?? [];
    if (sender === undefined || text === undefined) return;
    if (sender === this.name) this.#ownLines++;
    this.#sights.push({ note: "printed", key: keyOf(sender, text) });
  }
}

function keyOf(sender: string, text: string): Key {
  const [name = "", number] = text.split(" ");
  return `${sender}: ${name} ${Number(number)}`;
}

/** The texts in all outboxes below a directory that are not acknowledged. */
function drafts(home: string): string[] {
  const waiting = new Map<number, string>();
  for (const path of outboxes(home)) {
    for (const line of Deno.readTextFileSync(path).split("\n")) {
      try {
        const { draft, done } = JSON.parse(line);
        if (draft !== undefined && draft.text !== "") waiting.set(draft.ref, draft.text);
        waiting.delete(done);
      } catch (error) {
        // Blank, or cut off by the kill.
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
  }
  return [...waiting.values()];
}

function outboxes(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return outboxes(path);
    return /^outbox-.*\.jsonl$/.test(name) ? [path] : [];
  });
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}

/** The cache of the runtime, independent of the HOME that a program is given. */
function denoDirectory(): string {
  const given = Deno.env.get("DENO_DIR");
  if (given) return given;
  const home = Deno.env.get("HOME") ?? "";
  if (Deno.build.os === "darwin") return `${home}/Library/Caches/deno`;
  return `${Deno.env.get("XDG_CACHE_HOME") || `${home}/.cache`}/deno`;
}
