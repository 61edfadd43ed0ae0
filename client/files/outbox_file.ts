/** The files of outboxes: one for each server and name, and one more for scripts where a person's is in use. */

import { Outbox } from "../../core/session/outbox.ts";
import { openPrivate, statePath } from "./state_files.ts";

/** An outbox, and what the person should know about its file. */
export interface OpenedOutbox {
  readonly outbox: Outbox;
  readonly notices: readonly string[];
}

/** Opens a person's outbox. `undefined` when another running client has it; throws as the file system does. */
export function openPersonsOutbox(
  directory: string,
  serverAndName: readonly string[],
): Promise<OpenedOutbox | undefined> {
  return open(directory, "outbox", serverAndName);
}

/**
 * Opens a script's outbox. While a person's session stays in the usual one, that is another
 * file: a script that resumed the session would read the person's messages, and end it.
 */
export async function openScriptsOutbox(
  directory: string,
  serverAndName: readonly string[],
): Promise<OpenedOutbox | undefined> {
  const opened = await open(directory, "outbox", serverAndName);
  if (opened?.outbox.stays !== true) return opened;
  await opened.outbox.close();
  return await open(directory, "outbox-script", serverAndName);
}

async function open(
  directory: string,
  kind: string,
  parts: readonly string[],
): Promise<OpenedOutbox | undefined> {
  const path = await statePath(directory, kind, parts);
  const file = await openPrivate(path);
  if (file === undefined) return undefined;
  const damaged = damagedLines(file.read());
  const notices = damaged === 0 ? [] : [keepDamaged(path, damaged)];
  return { outbox: await Outbox.open(file), notices };
}

/** How many lines are no JSON. The last one does not count: a killed process may have left it unfinished. */
function damagedLines(text: string): number {
  return text.split("\n").slice(0, -1).filter((line) => line !== "" && !isJson(line)).length;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

/** Copies a damaged file, which is about to be rewritten without the lines that can't be read. */
function keepDamaged(path: string, count: number): string {
  const lines = count === 1 ? "1 line" : `${count} lines`;
  const problem = `${path} is damaged: ${lines} of it cannot be read, and nothing in them is sent`;
  const copy = `${path}.damaged`;
  try {
    Deno.copyFileSync(path, copy);
    return `${problem}. A copy is in ${copy}`;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return problem;
  }
}
