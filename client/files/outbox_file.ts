/** The files of outboxes: one for each server and name, and one more for scripts where a person's is in use. */

import { Outbox } from "../../core/session/outbox.ts";
import { openPrivate, statePath } from "./state_files.ts";

/** Opens a person's outbox. `undefined` when another running client has it; throws as the file system does. */
export function openPersonsOutbox(
  directory: string,
  serverAndName: readonly string[],
): Promise<Outbox | undefined> {
  return open(directory, "outbox", serverAndName);
}

/**
 * Opens a script's outbox. While a person's session stays in the usual one, that is another
 * file: a script that resumed the session would read the person's messages, and end it.
 */
export async function openScriptsOutbox(
  directory: string,
  serverAndName: readonly string[],
): Promise<Outbox | undefined> {
  const outbox = await open(directory, "outbox", serverAndName);
  if (outbox?.stays !== true) return outbox;
  await outbox.close();
  return await open(directory, "outbox-script", serverAndName);
}

async function open(directory: string, kind: string, parts: readonly string[]) {
  const file = await openPrivate(await statePath(directory, kind, parts));
  return file === undefined ? undefined : await Outbox.open(file);
}
