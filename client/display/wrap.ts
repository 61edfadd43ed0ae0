/**
 * Lines → rows of a terminal. Continuation rows are indented, so that no text,
 * however it is wrapped, looks like a line of another person. Links are left for
 * the terminal to wrap, so that they can be clicked and copied.
 */

import type { Styler } from "./colors.ts";
import type { Line, Span, Style } from "./format.ts";
import { clusters, clusterWidth, textWidth } from "../editor/width.ts";

/** The indent of a line's second and further rows. */
const INDENT = "      ";

const LINK = /^[("'<]?https?:\/\/[\x21-\x7e]+$/;

/** The styled rows that show `line` in `columns` columns. */
export function wrap(line: Line, columns: number, styled: Styler, time = ""): string[] {
  const indent = INDENT.slice(0, Math.max(1, Math.floor(columns / 4)));
  const clock: Span[] = time === "" ? [] : [{ text: `${time} `, style: "time" }];
  const head = [...clock, ...line.head];
  return line.rows.flatMap((row, index) => {
    const rows = new Rows(columns, indent, styled);
    if (index > 0) rows.indent();
    for (const span of index === 0 ? [...head, ...row] : row) rows.add(span);
    return rows.finish();
  });
}

/** The rows of one line, filled word by word. */
class Rows {
  readonly #columns: number;
  readonly #indent: string;
  readonly #styled: Styler;
  readonly #rows: string[] = [];
  #row = "";
  #width = 0;

  constructor(columns: number, indent: string, styled: Styler) {
    this.#columns = columns;
    this.#indent = indent;
    this.#styled = styled;
  }

  indent(): void {
    this.#row = this.#indent;
    this.#width = this.#indent.length;
  }

  add({ text, style }: Span): void {
    if (this.#width + textWidth(text) <= this.#columns) return this.#put(text, style);
    // Any space divides words; U+2800 is no space to Unicode, but looks like one.
    for (const word of text.split(/([\p{Zs}\u2800]+)/u)) this.#addWord(word, style);
  }

  finish(): string[] {
    return [...this.#rows, this.#row];
  }

  #addWord(word: string, style: Style): void {
    const width = textWidth(word);
    if (this.#width + width <= this.#columns) return this.#put(word, style);
    const blank = /^[\p{Zs}\u2800]*$/u.test(word);
    if (this.#width > this.#indent.length) this.#break();
    // Spaces at a break are dropped.
    if (blank) return;
    if (this.#width + width <= this.#columns || LINK.test(word)) return this.#put(word, style);
    this.#addLongWord(word, style);
  }

  #addLongWord(word: string, style: Style): void {
    let part = "";
    let width = this.#width;
    for (const cluster of clusters(word)) {
      if (width + clusterWidth(cluster) > this.#columns) {
        this.#put(part, style);
        this.#break();
        [part, width] = ["", this.#width];
      }
      part += cluster;
      width += clusterWidth(cluster);
    }
    this.#put(part, style);
  }

  #put(text: string, style: Style): void {
    this.#row += this.#styled(text, style);
    this.#width += textWidth(text);
  }

  #break(): void {
    this.#rows.push(this.#row);
    this.indent();
  }
}
