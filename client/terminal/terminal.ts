/** The terminal itself: raw mode, keys, size, and giving it back as it was. */

import { type Key, KeyParser, type Waiting } from "../editor/keys.ts";
import type { Size } from "../display/prompt.ts";
import { stopGroup } from "./suspend.ts";

// Bracketed paste (2004) and focus reports (1004), on and off. Off also undoes what
// a frame that was cut short may have left: no autowrap, a hidden cursor.
const ENTER = "\x1b[?2004h\x1b[?1004h";
const LEAVE = "\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[m";

/** Milliseconds after which what has begun is taken for complete. */
const TIMEOUT: Record<Exclude<Waiting, "nothing">, number> = { sequence: 40, paste: 1_000 };

/** The size to go by where the terminal does not tell one. */
const USUAL_SIZE: Size = { columns: 80, rows: 24 };

/** The terminal at standard input and output, in raw mode until {@linkcode Terminal.close}. */
export class Terminal {
  #open = false;
  readonly #signals: [Deno.Signal, () => void][] = [];

  /** Takes the terminal over; {@linkcode close} is called on every way out of the program. */
  constructor() {
    this.#enter();
    globalThis.addEventListener("unload", () => this.close());
  }

  /** Columns and rows of the screen, at least one each. */
  get size(): Size {
    try {
      const { columns, rows } = Deno.consoleSize();
      return columns > 0 && rows > 0 ? { columns, rows } : USUAL_SIZE;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return USUAL_SIZE;
    }
  }

  /** Writes at once. */
  write(text: string): void {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }

  /** The keys, until the terminal goes away. */
  async *keys(): AsyncGenerator<Key> {
    const parser = new KeyParser();
    const buffer = new Uint8Array(4096);
    let reading = Deno.stdin.read(buffer);
    for (let first = true;;) {
      const count = await within(parser.waiting, reading);
      if (count === null) return;
      if (count === "late") {
        yield* parser.flush();
        continue;
      }
      if (first) enterAgain(buffer.subarray(0, count));
      first = false;
      yield* parser.push(buffer.subarray(0, count));
      reading = Deno.stdin.read(buffer);
    }
  }

  /** Calls back when the size has changed, and when the program was paused and goes on. */
  watch(resized: () => void, resumed: () => void): void {
    if (Deno.build.os === "windows") return;
    this.#on("SIGWINCH", resized);
    this.#on("SIGCONT", () => {
      this.#open = false;
      this.#enter();
      resumed();
    });
  }

  /** Gives the terminal back and stops the program, as Ctrl-Z does; says why where it can't. */
  async pause(): Promise<string | undefined> {
    const permission = { name: "run", command: "kill" } as const;
    if (Deno.build.os === "windows") return "Ctrl-Z: Windows cannot pause a program";
    const { state } = await Deno.permissions.query(permission);
    if (state !== "granted") return "Ctrl-Z needs --allow-run=kill";
    this.close();
    const problem = await stopGroup();
    if (problem !== undefined) this.#enter();
    return problem;
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.write(LEAVE);
    Deno.stdin.setRaw(false);
  }

  /** Stops watching. */
  unwatch(): void {
    for (const [signal, listener] of this.#signals) Deno.removeSignalListener(signal, listener);
    this.#signals.length = 0;
  }

  #enter(): void {
    if (this.#open) return;
    this.#open = true;
    Deno.stdin.setRaw(true);
    this.write(ENTER);
  }

  #on(signal: Deno.Signal, listener: () => void): void {
    Deno.addSignalListener(signal, listener);
    this.#signals.push([signal, listener]);
  }
}

/** Before raw mode, the terminal makes of Enter the newline that Ctrl-J is: what was typed then was Enter. */
function enterAgain(typed: Uint8Array): void {
  typed.forEach((byte, index) => {
    if (byte === 0x0a) typed[index] = 0x0d;
  });
}

/** What `reading` gives, or `late` when something has begun and its rest does not come. */
async function within(
  waiting: Waiting,
  reading: Promise<number | null>,
): Promise<number | null | "late"> {
  if (waiting === "nothing") return await reading;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), TIMEOUT[waiting]);
  });
  const first = await Promise.race([reading, late]);
  clearTimeout(timer);
  return first;
}
