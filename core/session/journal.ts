/** The lines of the outbox's journal and their meaning. `outbox.ts` stores it. */

import { type DirectPayload, fold, type MessagePayload } from "../../protocol/mod.ts";
import { isRecord } from "../../protocol/fields.ts";
import type { Target } from "../chat/items.ts";

/** A message that the server has not acknowledged. */
export interface Draft {
  /** Positive, rising; by it the server recognizes a repeated message. */
  readonly ref: number;
  /** Its addressee: a room, or one person. */
  readonly target: Target;
  readonly text: string;
  /** Whether it may have reached a server already. */
  sent: boolean;
  /** Whether that was in an earlier session; its ref means nothing in the present one. */
  isStray?: true;
}

/** One line of the journal. */
export type JournalLine =
  | { draft: Omit<Draft, "sent" | "isStray"> }
  | { sent: number }
  /** Acknowledged, or given up. */
  | { done: number }
  /** The session has used this ref: later ones are above it. */
  | { used: number }
  /**
   * Drafts that were surely not said get new refs, in this order and after all others.
   * One line for all: a partial line is skipped, so a killed process leaves no draft under both.
   */
  | { moved: [from: number, to: number][] }
  /** The session's token from now on; `null` when it has ended. */
  | { session: string | null }
  /** Whether the session belongs to a person who will return to it. */
  | { stays: boolean }
  /** The people whom the person hides from now on. */
  | { ignored: string[] };

/** The state that a journal describes. */
export interface JournalState {
  session: string | undefined;
  stays: boolean;
  ignored: readonly string[];
  /** Unacknowledged drafts by ref, oldest first. */
  drafts: Map<number, Draft>;
  lastRef: number;
}

/** The state of an empty journal. */
export function emptyJournal(): JournalState {
  return { session: undefined, stays: false, ignored: [], drafts: new Map(), lastRef: 0 };
}

/** Parses a journal. A partial line of a killed process, or a damaged one, is skipped. */
export function parseJournal(text: string): JournalState {
  const state = emptyJournal();
  for (const line of text.split("\n")) {
    const parsed = parseLine(line);
    if (parsed !== undefined) applyLine(state, parsed);
  }
  return state;
}

/** Brings `state` up to date with one more line. */
export function applyLine(state: JournalState, line: JournalLine): void {
  if ("session" in line) changeSession(state, line.session ?? undefined);
  else if ("stays" in line) state.stays = line.stays;
  else if ("ignored" in line) state.ignored = line.ignored;
  else if ("done" in line) state.drafts.delete(line.done);
  else if ("sent" in line) markSent(state.drafts.get(line.sent));
  else if ("used" in line) state.lastRef = Math.max(state.lastRef, line.used);
  else if ("moved" in line) line.moved.forEach(([from, to]) => move(state, from, to));
  else {
    state.drafts.set(line.draft.ref, { ...line.draft, sent: false });
    state.lastRef = Math.max(state.lastRef, line.draft.ref);
  }
}

function changeSession(state: JournalState, session: string | undefined): void {
  if (session === state.session) return;
  state.session = session;
  for (const draft of state.drafts.values()) if (draft.sent) draft.isStray = true;
}

function move(state: JournalState, from: number, to: number): void {
  const draft = state.drafts.get(from);
  state.lastRef = Math.max(state.lastRef, to);
  if (draft === undefined) return;
  state.drafts.delete(from);
  state.drafts.set(to, { ref: to, target: draft.target, text: draft.text, sent: false });
}

function markSent(draft: Draft | undefined): void {
  if (draft !== undefined) draft.sent = true;
}

/** The shortest journal that describes `state`. */
export function writeJournal(state: JournalState): string {
  const drafts = [...state.drafts.values()];
  // Drafts that were sent in an earlier session stand before the line of this session.
  const lines = drafts.filter(({ isStray }) => isStray).flatMap(linesOf);
  if (state.session !== undefined) lines.push({ session: state.session });
  if (state.stays) lines.push({ stays: true });
  if (state.ignored.length > 0) lines.push({ ignored: [...state.ignored] });
  lines.push(...drafts.filter(({ isStray }) => !isStray).flatMap(linesOf));
  // A session's refs must keep rising, even if no draft is waiting.
  if (!state.drafts.has(state.lastRef) && state.lastRef > 0) {
    // In the form of earlier versions, which skip lines that they do not know.
    lines.push({ draft: { ref: state.lastRef, target: { room: "" }, text: "" } });
    lines.push({ done: state.lastRef });
  }
  return lines.map(journalLine).join("");
}

function linesOf({ ref, target, text, sent }: Draft): JournalLine[] {
  return [{ draft: { ref, target, text } }, ...sent ? [{ sent: ref }] : []];
}

/** Whether `said` is the message of `draft`. */
export function isSaidBy({ target, text }: Draft, said: MessagePayload | DirectPayload): boolean {
  if (text !== said.text) return false;
  // A direct message may name a room too, which it invites to.
  if ("to" in said) return "to" in target && fold(target.to) === fold(said.to);
  return "room" in target && fold(target.room) === fold(said.room);
}

/** One line as it stands in the file. */
export function journalLine(line: JournalLine): string {
  return JSON.stringify(line) + "\n";
}

function parseLine(line: string): JournalLine | undefined {
  if (line === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  return isJournalLine(value) ? value : undefined;
}

function isJournalLine(value: unknown): value is JournalLine {
  if (!isRecord(value)) return false;
  const { draft, sent, done, session, stays, used, moved, ignored } = value;
  if (session !== undefined) return session === null || typeof session === "string";
  if (stays !== undefined) return typeof stays === "boolean";
  if (ignored !== undefined) return Array.isArray(ignored) && ignored.every(isString);
  const ref = sent ?? done ?? used;
  if (ref !== undefined) return Number.isSafeInteger(ref);
  if (moved !== undefined) return Array.isArray(moved) && moved.every(isMove);
  return isRecord(draft) && Number.isSafeInteger(draft["ref"]) &&
    typeof draft["text"] === "string" && isTarget(draft["target"]);
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isMove(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

function isTarget(value: unknown): boolean {
  return isRecord(value) && typeof (value["room"] ?? value["to"]) === "string";
}
