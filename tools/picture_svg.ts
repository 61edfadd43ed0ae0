/**
 * The screen of a terminal as an SVG, with every cluster on its cells, so that the
 * picture is right in any monospaced font. Pure.
 *
 * @module
 */

import { clusters, textWidth } from "../client/editor/width.ts";

/** The style of a piece of text. */
export interface Look {
  readonly color: string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly reverse: boolean;
}

/** A piece of text on its cells. */
export interface Piece extends Look {
  readonly text: string;
  readonly row: number;
  readonly column: number;
  /** Its width in cells. */
  readonly width: number;
}

/** A screen to draw. */
export interface Screen {
  /** As `tmux capture-pane -e -p` prints it. */
  readonly text: string;
  readonly columns: number;
  readonly cursor: { readonly column: number; readonly row: number };
}

const CELL = { width: 8.4, height: 19 } as const;
const MARGIN = 16;
const PAPER = "#16181d";
const INK = "#d8dee9";
const BASIC = [
  ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"],
  ["#5c6370", "#ff7b86", "#b5e08c", "#ffd68a", "#7cc4ff", "#de8ef0", "#6fd3de", "#ffffff"],
].flat();

const PLAIN: Look = { color: undefined, bold: false, dim: false, reverse: false };

/** The SVG of a screen. */
export function pictureOf({ text, columns, cursor }: Screen): string {
  const shown = text.trimEnd();
  const width = columns * CELL.width + 2 * MARGIN;
  const height = shown.split("\n").length * CELL.height + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${number(width)} ${number(height)}" \
width="${
    number(width)
  }" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" \
font-size="14" xml:space="preserve">
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
${piecesOf(shown).map(draw).filter((drawn) => drawn !== "").join("\n")}
${block({ ...cursor, width: 1 }, INK)}
</svg>
`;
}

/** The pieces of a screen with SGR sequences; ASCII letters of one style are one piece. */
export function piecesOf(screen: string): Piece[] {
  const pieces: Piece[] = [];
  // tmux sends only changes, so a row may begin with the style of the previous one.
  let look = PLAIN;
  screen.split("\n").forEach((line, row) => {
    let column = 0;
    // Every second part holds the parameters of a sequence.
    // deno-lint-ignore no-control-regex -- SGR begins with one
    line.split(/\x1b\[([0-9;]*)m/).forEach((part, index) => {
      if (index % 2 === 1) look = lookAfter(look, part.split(";").map(Number));
      else for (const text of cellsOf(part)) column = put({ ...look, text, row, column });
    });
  });
  return pieces;

  function put(piece: Omit<Piece, "width">): number {
    const width = textWidth(piece.text);
    pieces.push({ ...piece, width });
    return piece.column + width;
  }
}

/** ASCII in one piece, since fonts agree on its width; all else cluster by cluster. */
function cellsOf(text: string): string[] {
  const parts = text.match(/[\x20-\x7e]+|[^\x20-\x7e]+/g) ?? [];
  return parts.flatMap((part) => part < "\x7f" ? [part] : clusters(part));
}

/** The style after an SGR sequence (ECMA-48, with xterm's 256 colors). */
function lookAfter(look: Look, [code = 0, ...rest]: number[]): Look {
  const extended = code === 38 && rest[0] === 5;
  const changed = extended ? { color: colorOf(rest[1] ?? 0) } : change(code);
  const further = extended ? rest.slice(2) : rest;
  const next = { ...look, ...changed };
  return further.length === 0 ? next : lookAfter(next, further);
}

function change(code: number): Partial<Look> {
  if (code >= 30 && code <= 37) return { color: BASIC[code - 30] };
  if (code >= 90 && code <= 97) return { color: BASIC[code - 82] };
  const changes: Record<number, Partial<Look>> = {
    0: PLAIN,
    1: { bold: true },
    2: { dim: true },
    7: { reverse: true },
    22: { bold: false, dim: false },
    27: { reverse: false },
    39: { color: undefined },
  };
  return changes[code] ?? {};
}

function colorOf(index: number): string {
  if (index < 16) return BASIC[index] ?? INK;
  const grey = 8 + (index - 232) * 10;
  const level = (step: number) => step === 0 ? 0 : 55 + step * 40;
  const cube = index - 16;
  const channels = index >= 232
    ? [grey, grey, grey]
    : [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function draw({ row, ...piece }: Piece): string {
  const { text, column, width, color = INK, bold, dim, reverse } = piece;
  const ground = reverse ? block({ column, row, width }, color) : "";
  if (text.trim() === "") return ground;
  const x = number(MARGIN + column * CELL.width);
  const y = number(MARGIN + row * CELL.height + 14);
  const style = `${bold ? ' font-weight="bold"' : ""}${dim ? ' opacity="0.6"' : ""}`;
  const fit = `textLength="${number(width * CELL.width)}" lengthAdjust="spacingAndGlyphs"`;
  const ink = reverse ? PAPER : color;
  return `${ground}<text x="${x}" y="${y}" ${fit} fill="${ink}"${style}>${escaped(text)}</text>`;
}

function block(
  { column, row, width }: { column: number; row: number; width: number },
  color: string,
): string {
  const [x, y] = [MARGIN + column * CELL.width, MARGIN + row * CELL.height];
  return `<rect x="${number(x)}" y="${number(y)}" width="${number(width * CELL.width)}" \
height="${CELL.height}" fill="${color}"/>`;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
