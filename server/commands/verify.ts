/** `chat-server verify`: whether a log, a backup or a restored file is whole. */

import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../cli/system_errors.ts";
import { openToRead } from "../log/sqlite/file/read_only.ts";
import { type Counts, type Verified, verifyLog } from "../log/sqlite/verify.ts";
import { SCHEMA_VERSION } from "../log/sqlite/tables/schema.ts";
import { command, CommandFailure, DATA, dataPath, HELP } from "./parts/command.ts";

/** `chat-server verify [FILE]`. */
export const verify = command({
  operands: ["[FILE]"],
  help: "Check that a log, or a backup of one, is whole",
  description: `
Read all of FILE, or of the log's file, and check its pages, that the messages of each room
have numbers without a gap, that no ref was used twice, that nothing belongs to a room or a
session that is not there, and that the search index holds what it is to hold. A room may lack
its oldest messages, which retention deletes. A server that uses the file need not be stopped.
Nothing is changed.

Exit codes: 0 it is whole, 1 it is not, or cannot be read`,
  options: { data: DATA, help: HELP },
  run: ([file], { data }) => report(file ?? dataPath(data)),
});

/** The line for a log that is whole. Throws a {@linkcode CommandFailure} with a line for each problem. */
async function report(path: string): Promise<string> {
  const found = await verifyFile(path);
  return `${path} is whole: ${describeCounts(found.counts)}${remarks(found)}`;
}

/** Verifies the log at `path`, of which failures speak as `what`. Throws a {@linkcode CommandFailure} where it is not whole. */
export async function verifyFile(path: string, what = path): Promise<Verified> {
  const found = await readFrom(path, verifyLog);
  if (found.problems.length === 0) return found;
  throw new CommandFailure(
    1,
    [`${what} is damaged:`, ...found.problems.map((problem) => `  ${problem}`)].join("\n"),
  );
}

/** Reads a log at `path`, which stays as it is. Throws a {@linkcode CommandFailure}. */
export async function readFrom<Result>(
  path: string,
  read: (database: DatabaseSync) => Result | Promise<Result>,
): Promise<Result> {
  try {
    const database = openToRead(path);
    try {
      return await read(database);
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof CommandFailure || !(error instanceof Error)) throw error;
    throw new CommandFailure(1, `Cannot read the log ${path}: ${messageOf(error)}`);
  }
}

/** The counts in words. */
export function describeCounts({ rooms, messages, directs, sessions, accounts }: Counts): string {
  return [
    plural(messages, "message"),
    plural(rooms, "room"),
    plural(directs, "direct message"),
    plural(sessions, "session"),
    plural(accounts, "registered name"),
  ].join(", ");
}

function remarks({ unindexed, isUpToDate }: Verified): string {
  const remarks = [
    ...unindexed === 0 ? [] : [`${plural(unindexed, "message")} still to be indexed for searches`],
    ...isUpToDate ? [] : [
      `it is of an older release, and was checked less; a server migrates it to schema ${SCHEMA_VERSION}`,
    ],
  ];
  return remarks.map((remark) => `; ${remark}`).join("");
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
