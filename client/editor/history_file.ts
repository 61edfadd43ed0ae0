/** What was typed, on disk, for each server. */

import { type Address, formatAddress } from "../net/address.ts";
import { historyLine, MAX_REMEMBERED, parseHistory } from "./input_history.ts";
import { statePath } from "../files/state_files.ts";

/** A history on disk. Several clients may add to it at once: each line is one append. */
export class HistoryFile {
  readonly #path: string;
  /** The lines that were there at the start, the oldest first. */
  readonly lines: readonly string[];

  private constructor(path: string, lines: readonly string[]) {
    this.#path = path;
    this.lines = lines;
  }

  /** Opens the history of the server at `address`, below `directory`. */
  static async open(directory: string, address: Address): Promise<HistoryFile> {
    const path = await statePath(directory, "history", [formatAddress(address)]);
    const text = readIfThere(path);
    const lines = parseHistory(text);
    if (text.split("\n").length > 2 * MAX_REMEMBERED) shorten(path, lines);
    return new HistoryFile(path, lines);
  }

  /** Adds a line. */
  add(line: string): void {
    Deno.writeTextFileSync(this.#path, historyLine(line), { append: true, mode: 0o600 });
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

function shorten(path: string, lines: readonly string[]): void {
  Deno.writeTextFileSync(`${path}.new`, lines.map(historyLine).join(""), { mode: 0o600 });
  Deno.renameSync(`${path}.new`, path);
}
