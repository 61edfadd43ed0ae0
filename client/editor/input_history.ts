/** The input history: browsing by prefix, and searching backwards. */

/** Lines kept. */
export const MAX_REMEMBERED = 1_000;

/** The lines that were sent, and the state of browsing. */
export interface InputHistory {
  /** The oldest first. */
  readonly lines: readonly string[];
  /** While browsing: the index of the line shown, and the text before browsing began. */
  readonly browsing: { readonly at: number; readonly typed: string } | undefined;
}

/** A history without lines. */
export const EMPTY_HISTORY: InputHistory = { lines: [], browsing: undefined };

/** Adds a line, unless it is empty or the same as the last. */
export function remember(history: InputHistory, line: string): InputHistory {
  if (line === "" || history.lines.at(-1) === line) return { ...history, browsing: undefined };
  return { lines: [...history.lines, line].slice(-MAX_REMEMBERED), browsing: undefined };
}

/** The previous line with the prefix that was typed; `text` is the editor's. */
export function older(history: InputHistory, text: string): [InputHistory, string] {
  const { at, typed } = history.browsing ?? { at: history.lines.length, typed: text };
  const found = history.lines.findLastIndex((line, index) =>
    index < at && line.startsWith(typed) && line !== text
  );
  if (found < 0) return [history, text];
  return [{ ...history, browsing: { at: found, typed } }, history.lines[found] ?? ""];
}

/** The next line with the prefix, and after the last what was typed. */
export function newer(history: InputHistory, text: string): [InputHistory, string] {
  if (history.browsing === undefined) return [history, text];
  const { at, typed } = history.browsing;
  const found = history.lines.findIndex((line, index) =>
    index > at && line.startsWith(typed) && line !== text
  );
  if (found < 0) return [{ ...history, browsing: undefined }, typed];
  return [{ ...history, browsing: { at: found, typed } }, history.lines[found] ?? ""];
}

/** Ends browsing, because the line is edited. */
export function stopBrowsing(history: InputHistory): InputHistory {
  return history.browsing === undefined ? history : { ...history, browsing: undefined };
}

/** The index of the last line before `from` that contains `query`, ignoring case; -1 for none. */
export function searchBack(history: InputHistory, query: string, from: number): number {
  if (query === "") return -1;
  const wanted = query.toLowerCase();
  return history.lines.findLastIndex((line, index) =>
    index < from && line.toLowerCase().includes(wanted)
  );
}

/** Parses a history file; damaged lines are skipped. */
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

/** Encodes one line of a history file. */
export function historyLine(line: string): string {
  return JSON.stringify(line) + "\n";
}
