/** The block below the scrollback: unsent drafts, the link's state, the prompt, the line being typed. */

import type { Clock } from "./clock.ts";
import type { Styler } from "./colors.ts";
import type { EditorState } from "../editor/editor.ts";
import { label, targetLabel } from "./format.ts";
import type { Draft } from "../../core/session/journal.ts";
import type { Block, BlockRow } from "./frame.ts";
import { escapeForTerminal } from "../../protocol/mod.ts";
import type { LinkStatus } from "../../core/session/view.ts";
import { clusters, clusterWidth, textWidth, truncate } from "../editor/width.ts";

/** Drafts shown; of the rest only the number is. */
const MAX_DRAFTS = 3;

/** The contents of the block. */
export interface PromptParts {
  readonly editor: EditorState;
  /** Text before the line: the room, or the history search. */
  readonly prompt: string;
  /** Unacknowledged drafts, the oldest first. */
  readonly drafts: readonly Draft[];
  /** The problem of the link, if there is one. */
  readonly status: string | undefined;
  /** Text below the line: the candidates of Tab, or a remark. */
  readonly hint: string | undefined;
}

/** The size of the screen, in columns and rows. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The prompt for a room, with the unread counts of the others. */
export function promptText(room: string | undefined, unread: readonly Unread[]): string {
  const here = room === undefined ? "(no room)" : label(room);
  const others = unread.map(({ room, count, mentions }) =>
    `${label(room)} ${count}${mentions > 0 ? "!" : ""}`
  );
  return others.length === 0 ? `${here}> ` : `${here} (${others.join(", ")})> `;
}

/** The unread messages of a room. */
export interface Unread {
  readonly room: string;
  readonly count: number;
  readonly mentions: number;
}

/** The status row for the link's state; `undefined` while it is up. */
export function statusText(status: LinkStatus, clock: Clock, now: number): string | undefined {
  if (status.state === "connecting") return "connecting";
  if (status.state === "signing in") return signingInText(status.retryAt, now);
  if (status.state === "online") return heldText(status.heldUntil, now);
  const seconds = secondsUntil(status.retryAt, now);
  const next = seconds > 0 ? `next try in ${seconds} s` : "trying now";
  return `offline since ${clock(status.since).time}, ${next}: ${status.reason}`;
}

function signingInText(retryAt: number | undefined, now: number): string | undefined {
  return retryAt === undefined ? undefined : `next try in ${secondsUntil(retryAt, now)} s`;
}

function heldText(heldUntil: number | undefined, now: number): string | undefined {
  if (heldUntil === undefined) return undefined;
  return `waiting ${secondsUntil(heldUntil, now)} s: the server takes only so much at a time`;
}

function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.ceil((time - now) / 1000));
}

/** Lays out the block for a screen of that size. */
export function layOut(parts: PromptParts, size: Size, styled: Styler): Block {
  const { columns } = size;
  const above = [...draftRows(parts.drafts, columns, styled), ...statusRow(parts, columns, styled)];
  const below = hintRow(parts, columns, styled);
  const input = layOutInput(parts, columns);
  // One row of the screen is left to the scrollback.
  const room = Math.max(1, size.rows - 1);
  const inputRoom = Math.min(input.rows.length, Math.max(1, room - above.length - below.length));
  const first = Math.min(
    Math.max(0, input.cursor.row - inputRoom + 1),
    input.rows.length - inputRoom,
  );
  const shown = input.rows.slice(first, first + inputRoom);
  const spare = Math.max(0, room - shown.length);
  const top = above.slice(0, spare);
  const rows = [...top, ...shown, ...below.slice(0, spare - top.length)];
  return {
    rows,
    cursor: { row: top.length + input.cursor.row - first, column: input.cursor.column },
  };
}

/** The prompt and the text, wrapped by clusters; one column is kept free for the cursor. */
function layOutInput({ editor, prompt }: PromptParts, columns: number): Block {
  const shownPrompt = truncate(escapeForTerminal(prompt), Math.max(1, Math.floor(columns / 2)));
  const rows: BlockRow[] = [];
  let text = shownPrompt;
  let width = textWidth(shownPrompt);
  let cursor = { row: 0, column: width };
  const breakRow = () => {
    rows.push({ text, width });
    [text, width] = ["", 0];
  };
  let offset = 0;
  for (const cluster of clusters(editor.text)) {
    const shown = cluster === "\n" ? "" : safeCluster(cluster);
    const columnsTaken = clusters(shown).reduce((sum, each) => sum + clusterWidth(each), 0);
    if (width + columnsTaken > columns - 1 && cluster !== "\n") breakRow();
    if (offset === editor.cursor) cursor = { row: rows.length, column: width };
    if (cluster === "\n") breakRow();
    text += shown;
    width += columnsTaken;
    offset += cluster.length;
  }
  if (offset === editor.cursor) cursor = { row: rows.length, column: width };
  rows.push({ text, width });
  return { rows, cursor };
}

/** Escapes typed or pasted text by the same rules as received text: a paste may come from anywhere. */
function safeCluster(cluster: string): string {
  // Whether a joiner at a cluster's end is legitimate depends on the letter after it.
  return escapeForTerminal(`${cluster}a`).slice(0, -1);
}

function draftRows(drafts: readonly Draft[], columns: number, styled: Styler): BlockRow[] {
  const rows = drafts.slice(0, MAX_DRAFTS).map(({ target, text }) =>
    row(escapeForTerminal(`… [${targetLabel(target)}] ${text}`), columns, styled)
  );
  const more = drafts.length - rows.length;
  return more > 0 ? [...rows, row(`… and ${more} more to be sent`, columns, styled)] : rows;
}

function statusRow({ status }: PromptParts, columns: number, styled: Styler): BlockRow[] {
  if (status === undefined) return [];
  const text = truncate(escapeForTerminal(status), columns);
  return [{ text: styled(text, "problem"), width: textWidth(text) }];
}

function hintRow({ hint }: PromptParts, columns: number, styled: Styler): BlockRow[] {
  return hint === undefined ? [] : [row(escapeForTerminal(hint), columns, styled)];
}

function row(text: string, columns: number, styled: Styler): BlockRow {
  const shown = truncate(text, columns);
  return { text: styled(shown, "past"), width: textWidth(shown) };
}
