/**
 * Output to the terminal: finished rows go into its scrollback, and below them a
 * block (status, prompt, the line being typed) is erased and drawn again. The whole
 * screen is never redrawn.
 */

/** One row of the block. */
export interface BlockRow {
  /** Text with SGR sequences, all of them closed. */
  readonly text: string;
  /** Columns taken; never more than the terminal has. */
  readonly width: number;
}

/** The rows below the scrollback. */
export interface Block {
  /** At least one, and fewer than the terminal has. */
  readonly rows: readonly BlockRow[];
  readonly cursor: { readonly row: number; readonly column: number };
}

// Synchronized output (mode 2026): a terminal that knows it shows one frame or the
// next, never half of one; others ignore it.
const BEGIN = "\x1b[?2026h\x1b[?25l";
const END = "\x1b[?25h\x1b[?2026l";

// Without autowrap a row can't spill into a second one, even where the terminal
// draws an emoji wider than `width.ts` expects.
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";

/** Tracks what is drawn below the scrollback, and makes the output that changes it. */
export class FrameWriter {
  #drawn: Block | undefined;
  #stale = false;

  /** The output that shows `scroll` (finished rows) and `block` on a screen of `columns`; "" for no change. */
  frame(scroll: readonly string[], block: Block, columns: number): string {
    if (scroll.length === 0 && !this.#stale && sameBlock(this.#drawn, block)) return "";
    this.#stale = false;
    const printed = scroll.map((row) => row + "\r\n").join("");
    const out = BEGIN + this.#erase(columns) + printed + draw(block) + END;
    this.#drawn = block;
    return out;
  }

  /** The output that erases the block, with the cursor where it began. */
  remove(columns: number): string {
    const out = this.#erase(columns);
    this.#drawn = undefined;
    return out;
  }

  /** Forgets the drawn block, because the screen was cleared or another program has written to it. */
  forget(): void {
    this.#drawn = undefined;
  }

  /** Draws the next frame even when the block is unchanged. */
  resized(): void {
    this.#stale = true;
  }

  #erase(columns: number): string {
    if (this.#drawn === undefined) return "";
    const up = rowsAboveCursor(this.#drawn, columns);
    const { rows: [first, ...more] } = this.#drawn;
    const isOneRow = more.length === 0 && up === 0 && (first?.width ?? 0) <= columns;
    return `\r${up > 0 ? `\x1b[${up}A` : ""}\x1b[K${isOneRow ? "" : ERASE_BELOW}`;
  }
}

// Not from the first row on: where that is the screen's, tmux takes it for a cleared screen,
// and keeps a copy of each frame in the scrollback.
const ERASE_BELOW = "\x1b[B\x1b[J\x1b[A";

/**
 * Rows from the block's first to the cursor. A terminal that has been narrowed
 * since has rewrapped each row that no longer fits, and moved the cursor with it.
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
