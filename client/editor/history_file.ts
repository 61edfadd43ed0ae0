/** The input history on disk, one file for each server. */

import { historyLine, MAX_REMEMBERED, parseHistory } from "./input_history.ts";
import { messageOf } from "../../cli/system_errors.ts";
import { statePath } from "../files/state_files.ts";

/**
 * A history on disk. Several clients may add to it at once; a lock keeps the lines that
 * one adds while another shortens the file.
 */
export class HistoryFile {
  readonly #path: string;
  #lines: readonly string[] = [];
  #problem: string | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Opens the history of `server`, the server's formatted address, below `directory`. */
  static async open(directory: string, server: string): Promise<HistoryFile> {
    const file = new HistoryFile(await statePath(directory, "history", [server]));
    file.#try("read", () => file.#lines = file.#read());
    return file;
  }

  /** The lines that were in the file when it was opened, the oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds a line. The first failure is returned as one line for the person; then no more is tried. */
  add(line: string): string | undefined {
    if (this.#problem !== undefined) return undefined;
    this.#try("write", () => this.#locked(() => this.#append(historyLine(line))));
    return this.#problem;
  }

  /** Why nothing is kept, as one line for the person. */
  get problem(): string | undefined {
    return this.#problem;
  }

  #read(): string[] {
    const text = readIfThere(this.#path);
    // Twice as many as are used, so that not every start rewrites the file.
    if (text.split("\n").length <= 2 * MAX_REMEMBERED) return parseHistory(text);
    return this.#locked(() => this.#shorten());
  }

  #shorten(): string[] {
    const lines = parseHistory(readIfThere(this.#path));
    const fresh = `${this.#path}.new`;
    Deno.writeTextFileSync(fresh, lines.map(historyLine).join(""), { mode: 0o600 });
    Deno.renameSync(fresh, this.#path);
    return lines;
  }

  #append(text: string): void {
    Deno.writeTextFileSync(this.#path, text, { append: true, mode: 0o600 });
  }

  /** Acts while no other client does; the lock has a file of its own, since shortening replaces the other. */
  #locked<Result>(act: () => Result): Result {
    using lock = Deno.openSync(`${this.#path}.lock`, { create: true, write: true, mode: 0o600 });
    lock.lockSync(true);
    return act();
  }

  #try(deed: "read" | "write", act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#problem = `Cannot ${deed} ${this.#path}: ${
        messageOf(error)
      }. What you type is not kept for the next start`;
    }
  }
}

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "";
  }
}
