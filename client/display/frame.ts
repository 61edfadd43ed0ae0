/**
 * What is written to the terminal: finished rows go into its scrollback, and
 * below them stands a block (status, prompt, what is being typed) that is taken
 * away and drawn again. Never the whole screen.
 */

/** One row of the block. */
export interface BlockRow {
  /** With its SGR sequences, all of them closed. */
  readonly text: string;
  /** Columns that it takes; never more than the terminal has. */
  readonly width: number;
}

/** What stands below the scrollback. */
export interface Block {
  /** At least one, and fewer than the terminal has. */
  readonly rows: readonly BlockRow[];
  readonly cursor: { readonly row: number; readonly column: number };
}

// Synchronized output (mode 2026): a terminal that knows it shows one frame or the
// next, never half of one; others ignore it.
const BEGIN = "\x1b[?2026h\x1b[?25l";
const END = "\x1b[?25h\x1b[?2026l";

// Without autowrap a row can't spill into a second one, not even where the terminal
// thinks that an emoji is wider than we do.
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";

/** Knows what is on the screen below the scrollback. */
export class FrameWriter {
  #drawn: Block | undefined;
  #stale = false;

  /** What brings `scroll` (finished rows) and `block` to a screen of `columns`. */
  frame(scroll: readonly string[], block: Block, columns: number): string {
    if (scroll.length === 0 && !this.#stale && sameBlock(this.#drawn, block)) return "";
    this.#stale = false;
    const printed = scroll.map((row) => row + "\r\n").join("");
    const out = BEGIN + this.#erase(columns) + printed + draw(block) + END;
    this.#drawn = block;
    return out;
  }

  /** What takes the block away, and leaves the cursor where it began. */
  remove(columns: number): string {
    const out = this.#erase(columns);
    this.#drawn = undefined;
    return out;
  }

  /** Says that the screen has nothing of ours any more: it was cleared, or others have written. */
  forget(): void {
    this.#drawn = undefined;
  }

  /** Says that the next frame has to be drawn, whatever the block is. */
  resized(): void {
    this.#stale = true;
  }

  #erase(columns: number): string {
    if (this.#drawn === undefined) return "";
    const up = rowsAboveCursor(this.#drawn, columns);
    return `\r${up > 0 ? `\x1b[${up}A` : ""}\x1b[J`;
  }
}

/**
 * Rows from the block's first to the cursor. A terminal that has become narrower
 * since has cut each row that no longer fits into several, and moved the cursor
 * along with its text.
 */
function rowsAboveCursor({ rows, cursor }: Block, columns: number): number {
  const above = rows.slice(0, cursor.row)
    .reduce((sum, { width }) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  return above + Math.floor(cursor.column / columns);
}

function draw({ rows, cursor }: Block): string {
  const up = rows.length - 1 - cursor.row;
  const text = rows.map((row) => row.text).join("\r\n");
  return `${NO_WRAP}${text}${WRAP}\r${up > 0 ? `\x1b[${up}A` : ""}${
    cursor.column > 0 ? `\x1b[${cursor.column}C` : ""
  }`;
}

function sameBlock(one: Block | undefined, other: Block): boolean {
  return one !== undefined && one.rows.length === other.rows.length &&
    one.cursor.row === other.cursor.row && one.cursor.column === other.cursor.column &&
    one.rows.every(({ text }, index) => text === other.rows[index]?.text);
}
