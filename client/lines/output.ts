/** Standard output and error, written in one order while the rest of the program goes on. */

import { messageOf } from "../../cli/system_errors.ts";
import { Failure } from "../startup/failure.ts";
import { writeLineBuffered, writeUnbuffered } from "./nonblocking.ts";
import { untilReaderIsGone } from "./pipe_reader.ts";

/** Characters queued for slow readers above which the server is read no further. */
const MAX_QUEUED = 65_536;

/** Text to be written, the oldest first. */
const queue: { output: Output; text: string }[] = [];
let queued = 0;
let writing: Promise<void> | undefined;
/** Why a stream takes no more, unless its reader closed it. */
let failure: Error | undefined;

/** Writes bytes, all of them. */
export type Write = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes text to a stream until its reader closes it. A reader that stalls holds up nothing
 * else: signals, pings and requests go on.
 */
export class Output {
  readonly #write: Write;
  #close: () => void = () => {};
  #isOpen = true;
  /** Resolves when the stream takes no more: its reader closed it, or writing failed. */
  readonly closed: Promise<void> = new Promise((resolve) => this.#close = resolve);

  constructor(write: Write) {
    this.#write = write;
  }

  /** Whether the stream takes more, now or later. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Pending while readers are too far behind. */
  get busy(): Promise<void> | undefined {
    return queued > MAX_QUEUED ? writing : undefined;
  }

  /** Pending until everything is written; `undefined` when it is. */
  get pending(): Promise<void> | undefined {
    return writing;
  }

  /** Writes `line` and a newline behind all earlier output, of any stream. */
  print(line: string): void {
    this.write(line + "\n");
  }

  /** Writes `text` behind all earlier output, of any stream. */
  write(text: string): void {
    if (!this.#isOpen) return;
    queued += text.length;
    const last = queue.at(-1);
    if (last?.output === this) last.text += text;
    else queue.push({ output: this, text });
    writing ??= writeAll();
  }

  /**
   * Closes this output as soon as the reader closes its end of a pipe, even when there is
   * nothing to write. Where the system has no way to notice that, the next write does.
   */
  watchReader(): Disposable {
    const watch = untilReaderIsGone();
    void watch.gone.then(() => this.#end());
    return watch;
  }

  /** Writes `text`, all of it or up to the end of the stream. */
  async writeNow(text: string): Promise<void> {
    try {
      if (this.#isOpen) await this.#write(new TextEncoder().encode(text));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!(error instanceof Deno.errors.BrokenPipe)) failure ??= error;
      this.#end();
    }
  }

  #end(): void {
    this.#isOpen = false;
    this.#close();
  }
}

/** Standard output. */
export const stdout: Output = new Output((bytes) => writeLineBuffered(Deno.stdout, bytes));

/** Standard error. */
export const stderr: Output = new Output((bytes) => writeUnbuffered(Deno.stderr, bytes));

/**
 * Resolves when all output is written; to be awaited before the program ends.
 * Throws a {@linkcode Failure} where some could not be, as on a full disk.
 */
export async function flushed(): Promise<void> {
  await writing;
  if (failure !== undefined) {
    throw new Failure(1, `Cannot write all of the output: ${messageOf(failure)}`);
  }
}

async function writeAll(): Promise<void> {
  // The text of one turn goes out in one write.
  await Promise.resolve();
  try {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await next.output.writeNow(next.text);
      queued -= next.text.length;
    }
  } finally {
    writing = undefined;
  }
}
