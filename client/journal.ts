/** The outbox's journal: what its lines mean. `outbox.ts` keeps it on disk. */

/** A message that the server has not acknowledged. */
export interface Draft {
  /** Positive, rising; the server knows a repeated message by it. */
  readonly ref: number;
  /** Where it goes: a room, or one person. */
  readonly target: Target;
  readonly text: string;
  /** Whether it may have reached a server already, in which case nobody can tell. */
  sent: boolean;
}

/** A room, or one person. */
export type Target = { readonly room: string } | { readonly to: string };

/** One line of the journal. */
export type JournalLine =
  | { draft: Omit<Draft, "sent"> }
  | { sent: number }
  /** Acknowledged, or given up. */
  | { done: number }
  /** The session's token from now on; `null` when it has ended. */
  | { session: string | null }
  /** Whether the session is a person's, who comes back to it. */
  | { stays: boolean };

/** What a journal amounts to. */
export interface JournalState {
  session: string | undefined;
  stays: boolean;
  /** Unacknowledged drafts by ref, oldest first. */
  drafts: Map<number, Draft>;
  lastRef: number;
}

/** What an empty journal amounts to. */
export function emptyJournal(): JournalState {
  return { session: undefined, stays: false, drafts: new Map(), lastRef: 0 };
}

/** Reads a journal. A line that a killed process left unfinished, or that is damaged, is skipped. */
export function parseJournal(text: string): JournalState {
  const state = emptyJournal();
  for (const line of text.split("\n")) {
    const entry = parseLine(line);
    if (entry !== undefined) applyLine(state, entry);
  }
  return state;
}

/** Brings `state` up to date with one more line. */
export function applyLine(state: JournalState, line: JournalLine): void {
  if ("session" in line) state.session = line.session ?? undefined;
  else if ("stays" in line) state.stays = line.stays;
  else if ("done" in line) state.drafts.delete(line.done);
  else if ("sent" in line) markSent(state.drafts.get(line.sent));
  else {
    state.drafts.set(line.draft.ref, { ...line.draft, sent: false });
    state.lastRef = Math.max(state.lastRef, line.draft.ref);
  }
}

function markSent(draft: Draft | undefined): void {
  if (draft !== undefined) draft.sent = true;
}

/** The shortest journal that amounts to `state`. */
export function writeJournal(state: JournalState): string {
  const lines: JournalLine[] = [];
  if (state.session !== undefined) lines.push({ session: state.session });
  if (state.stays) lines.push({ stays: true });
  for (const { sent, ...draft } of state.drafts.values()) {
    lines.push({ draft });
    if (sent) lines.push({ sent: draft.ref });
  }
  // A session's refs must go on rising, also when nothing is waiting.
  if (!state.drafts.has(state.lastRef) && state.lastRef > 0) {
    lines.push({ draft: { ref: state.lastRef, target: { room: "" }, text: "" } });
    lines.push({ done: state.lastRef });
  }
  return lines.map(journalLine).join("");
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
  const { draft, sent, done, session, stays } = value;
  if (session !== undefined) return session === null || typeof session === "string";
  if (stays !== undefined) return typeof stays === "boolean";
  if (sent !== undefined || done !== undefined) return Number.isSafeInteger(sent ?? done);
  return isRecord(draft) && Number.isSafeInteger(draft["ref"]) &&
    typeof draft["text"] === "string" && isTarget(draft["target"]);
}

function isTarget(value: unknown): boolean {
  return isRecord(value) && typeof (value["room"] ?? value["to"]) === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
