/** The terminal: raw mode, keys, size, and restoring it at the end. */

import { deadline } from "../../core/session/deadline.ts";
import type { Size } from "../display/prompt.ts";
import { readInput } from "../lines/input.ts";
import { stdout } from "../lines/output.ts";
import { type Burst, readBursts } from "./key_reader.ts";
import { stopGroup } from "./suspend.ts";
import { PROBE } from "./width_probe.ts";

// Modes that a program which crashed may have left on, and that would turn the mouse, the
// keypad or plain keys into sequences: DECCKM, DECKPAM, mouse reports and their encodings,
// modifyOtherKeys, kitty's keyboard protocol, reports of the size and of the color scheme.
const RESET = "\x1b[?1l\x1b>" +
  ["9", "1000", "1001", "1002", "1003", "1005", "1006", "1015", "1016", "2031", "2048"]
    .map((mode) => `\x1b[?${mode}l`).join("") +
  "\x1b[>4m\x1b[=0;1u";

// Bracketed paste (2004) and focus reports (1004), on and off. Off also ends what an
// interrupted frame may have left: no autowrap, a hidden cursor.
const ENTER = `${RESET}\x1b[?2004h\x1b[?1004h`;
const LEAVE = `${RESET}\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[m`;

/** Milliseconds for a terminal to take the sequences that restore it; one that is read takes them at once. */
const RESTORE_TIMEOUT = 500;

/** The size assumed where the terminal reports none. */
const USUAL_SIZE: Size = { columns: 80, rows: 24 };

/** The terminal at standard input and output, in raw mode until {@linkcode Terminal.close}. */
export class Terminal {
  #open = false;
  readonly #signals: [Deno.Signal, () => void][] = [];

  /** Switches to raw mode; the terminal is restored on every way out of the program. */
  constructor() {
    this.#enter();
    globalThis.addEventListener("unload", () => this.#closeNow());
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

  /** Writes behind earlier output. A terminal that is not read holds up nothing but itself. */
  write(text: string): void {
    stdout.write(text);
  }

  /** Pending while the terminal has not taken all that was written. */
  get pending(): Promise<void> | undefined {
    return stdout.pending;
  }

  /** Resolves when the terminal takes nothing more. */
  get closed(): Promise<void> {
    return stdout.closed;
  }

  /** The keys, until the terminal goes away. */
  keys(): AsyncGenerator<Burst> {
    return readBursts({ read: readInput });
  }

  /** Calls `resized` when the size has changed, and `resumed` when a stopped program continues. */
  watch(resized: () => void, resumed: () => void): void {
    if (Deno.build.os === "windows") return;
    this.#on("SIGWINCH", resized);
    this.#on("SIGCONT", () => {
      this.#open = false;
      this.#enter();
      resumed();
    });
  }

  /** Restores the terminal and stops the program, as Ctrl-Z does; the reason when that is impossible. */
  async pause(): Promise<string | undefined> {
    const permission = { name: "run", command: "kill" } as const;
    if (Deno.build.os === "windows") return "Ctrl-Z: Windows cannot pause a program";
    const { state } = await Deno.permissions.query(permission);
    if (state !== "granted") return "Ctrl-Z needs --allow-run=kill";
    await this.close();
    const problem = await stopGroup();
    if (problem !== undefined) this.#enter();
    return problem;
  }

  /** Restores the terminal, unless it takes nothing. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.write(LEAVE);
    if (this.pending !== undefined) await deadline(this.pending, RESTORE_TIMEOUT);
    this.#open = false;
    this.#unsetRaw();
  }

  /** The same at once: while the program ends, nothing can be waited for. */
  #closeNow(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.pending === undefined) Deno.stdout.writeSync(new TextEncoder().encode(LEAVE));
    this.#unsetRaw();
  }

  /** The system changes a mode only behind a write that is under way: it would wait for ever. */
  #unsetRaw(): void {
    if (this.pending === undefined) Deno.stdin.setRaw(false);
  }

  /** Removes the listeners of {@linkcode watch}. */
  unwatch(): void {
    for (const [signal, listener] of this.#signals) Deno.removeSignalListener(signal, listener);
    this.#signals.length = 0;
  }

  #enter(): void {
    if (this.#open) return;
    this.#open = true;
    Deno.stdin.setRaw(true);
    this.write(ENTER + PROBE);
  }

  #on(signal: Deno.Signal, listener: () => void): void {
    Deno.addSignalListener(signal, listener);
    this.#signals.push([signal, listener]);
  }
}
