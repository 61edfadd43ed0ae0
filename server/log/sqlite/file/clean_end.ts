/**
 * The mark of a clean end: a file beside the log that says how the log was when the
 * last server closed it. A log that has changed since, that was copied, or whose server
 * crashed, has no such mark, and is checked before it is believed.
 */

import { exists } from "../../../process/files.ts";

/** Whether the log at `path` is as the last server left it, and that one ended cleanly. */
export function endedCleanly(path: string): boolean {
  const mark = markOf(path);
  return exists(mark) && !hasWal(path) && Deno.readTextFileSync(mark) === descriptionOf(path);
}

/** Notes that the log at `path` was closed, with nothing of it anywhere else. */
export function markCleanEnd(path: string): void {
  if (hasWal(path)) return;
  Deno.writeTextFileSync(markOf(path), descriptionOf(path), { mode: 0o600 });
}

/** Takes the mark away: the log is about to change. */
export function unmarkCleanEnd(path: string): void {
  if (exists(markOf(path))) Deno.removeSync(markOf(path));
}

function markOf(path: string): string {
  return `${path}-clean`;
}

function hasWal(path: string): boolean {
  return exists(`${path}-wal`) && Deno.statSync(`${path}-wal`).size > 0;
}

function descriptionOf(path: string): string {
  const { size, mtime } = Deno.statSync(path);
  return `${JSON.stringify({ size, mtime })}\n`;
}
