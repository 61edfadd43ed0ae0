/** What was typed before: browsing by prefix, and searching backwards. */

/** Lines that are kept. */
export const MAX_REMEMBERED = 1_000;

/** What was typed, and where browsing stands. */
export interface InputHistory {
  /** The oldest first. */
  readonly lines: readonly string[];
  /** While browsing: which line is shown, and what was typed before browsing began. */
  readonly browsing: { readonly at: number; readonly typed: string } | undefined;
}

/** Nothing was typed yet. */
export const EMPTY_HISTORY: InputHistory = { lines: [], browsing: undefined };

/** Remembers a line, unless there is nothing in it or it is the one before again. */
export function remember(history: InputHistory, line: string): InputHistory {
  if (line === "" || history.lines.at(-1) === line) return { ...history, browsing: undefined };
  return { lines: [...history.lines, line].slice(-MAX_REMEMBERED), browsing: undefined };
}

/** The line before that begins as what was typed does; `text` is what stands in the editor. */
export function older(history: InputHistory, text: string): [InputHistory, string] {
  const { at, typed } = history.browsing ?? { at: history.lines.length, typed: text };
  const found = history.lines.findLastIndex((line, index) =>
    index < at && line.startsWith(typed) && line !== text
  );
  if (found < 0) return [history, text];
  return [{ ...history, browsing: { at: found, typed } }, history.lines[found] ?? ""];
}

/** The line after, and in the end what was typed. */
export function newer(history: InputHistory, text: string): [InputHistory, string] {
  if (history.browsing === undefined) return [history, text];
  const { at, typed } = history.browsing;
  const found = history.lines.findIndex((line, index) =>
    index > at && line.startsWith(typed) && line !== text
  );
  if (found < 0) return [{ ...history, browsing: undefined }, typed];
  return [{ ...history, browsing: { at: found, typed } }, history.lines[found] ?? ""];
}

/** Ends browsing: the line is being changed. */
export function settleHistory(history: InputHistory): InputHistory {
  return history.browsing === undefined ? history : { ...history, browsing: undefined };
}

/** The index of the latest line before `from` that holds `query`, in any case; -1 for none. */
export function searchBack(history: InputHistory, query: string, from: number): number {
  if (query === "") return -1;
  const wanted = query.toLowerCase();
  return history.lines.findLastIndex((line, index) =>
    index < from && line.toLowerCase().includes(wanted)
  );
}

/** The lines of a history file; what is damaged is skipped. */
export function parseHistory(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith('"')) return [];
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === "string" ? [value] : [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return [];
    }
  }).slice(-MAX_REMEMBERED);
}

/** One line as it stands in a history file. */
export function historyLine(line: string): string {
  return JSON.stringify(line) + "\n";
}
