/** `chat-server export [FILE]`: what was said, as lines of the wire. */

import config from "../../deno.json" with { type: "json" };
import { type Option, text, toggle } from "../../cli/options.ts";
import { encode, fold } from "../../protocol/mod.ts";
import { checkSchema, isUpToDate } from "../log/sqlite/tables/schema.ts";
import {
  directsOf,
  messagesOf,
  type RoomRows,
  roomsOf,
  type Selection,
} from "../log/sqlite/tables/export_rows.ts";
import { Statements } from "../log/sqlite/tables/statements.ts";
import { type Output, printLine } from "../process/standard_output.ts";
import { command, CommandFailure, DATA, dataPath, HELP } from "./parts/command.ts";
import { readFrom } from "./verify.ts";
import { cannotWrite, writeWhole } from "./parts/whole_file.ts";

/** The form of the lines, which an import of a later version still takes. */
export const EXPORT_VERSION = 1;

/** Characters that are written at once. */
const CHUNK = 262_144;

/** A date, or a date and time with its offset from UTC. */
const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

const since: Option<number> = {
  placeholder: "DATE",
  default: undefined as unknown as number,
  help: "Only from this date on, as 2026-01-31 (UTC) or 2026-01-31T08:00+01:00",
  expected: "must be a date as 2026-01-31 or 2026-01-31T08:00+01:00",
  parse: (value) => {
    const time = DATE.test(value) ? Date.parse(value) : NaN;
    return Number.isNaN(time) ? undefined : time;
  },
};

/** `chat-server export [FILE]`. */
export const exportLines = command({
  operands: ["[FILE]"],
  help: "Write what was said as JSON lines, to FILE or stdout",
  description: `
Write the log's messages as JSON lines, as they are on the wire: room by room, each message with
its number, date and sender, and the rooms' topics. The first line says what it is and how many
messages follow. FILE must not be there yet, appears when it is complete, and can be read by its
owner alone. A server that uses the log need not be stopped. chat-server import reads the lines;
sessions, passwords and read marks are in a backup only.`,
  options: {
    room: text("ROOM", undefined, "Only this room"),
    since,
    directs: toggle(
      "Direct messages too, once for each inbox that has them; import leaves them out",
    ),
    data: DATA,
    help: HELP,
  },
  run: async ([file], { room, since = 0, directs, data }) => {
    const selection = { room: room === undefined ? undefined : fold(room), since };
    await readFrom(dataPath(data), async (database) => {
      database.exec("BEGIN");
      checkSchema(database);
      if (!isUpToDate(database)) throw olderLog();
      const sql = new Statements(database);
      const rooms = roomsOf(sql, selection);
      if (rooms.length === 0 && room !== undefined) {
        throw new CommandFailure(1, `There is no room "${room}" in the log`);
      }
      await writeLines(file, linesOf(sql, rooms, { ...selection, directs }));
    });
    return undefined;
  },
});

function olderLog(): CommandFailure {
  return new CommandFailure(1, "The log is of an older release: start this one on it once");
}

function* linesOf(
  sql: Statements,
  rooms: readonly RoomRows[],
  { since, directs }: Selection & { directs: boolean },
): Generator<string> {
  yield JSON.stringify({ type: "export", payload: headOf(rooms) }) + "\n";
  for (const room of rooms) {
    const { name, topic } = room;
    if (topic !== "") yield encode({ type: "topic", payload: { room: name, topic } });
    for (const payload of messagesOf(sql, room)) yield encode({ type: "message", payload });
  }
  if (!directs) return;
  for (const payload of directsOf(sql, since)) yield encode({ type: "direct", payload });
}

/** `at` is the date of the latest message: the same log gives the same lines, whenever it is exported. */
function headOf(rooms: readonly RoomRows[]) {
  return {
    version: EXPORT_VERSION,
    server: `chat-server ${config.version}`,
    at: rooms.reduce((latest, room) => Math.max(latest, room.latest), 0),
    messages: rooms.reduce((sum, { count }) => sum + count, 0),
  };
}

async function writeLines(file: string | undefined, lines: Iterable<string>): Promise<void> {
  if (file === undefined) return await print(lines);
  await writeWhole(file, async (partial) => {
    using output = Deno.openSync(partial, { write: true });
    for (const chunk of chunksOf(lines)) {
      const problem = await printLine(chunk, output);
      if (problem !== undefined) throw cannotWrite(file, new Error(problem));
    }
  });
}

/** Writes to stdout until its reader wants no more. */
async function print(lines: Iterable<string>): Promise<void> {
  let isGone = false;
  const stdout: Output = {
    writeSync(bytes) {
      try {
        return Deno.stdout.writeSync(bytes);
      } catch (error) {
        isGone = error instanceof Deno.errors.BrokenPipe;
        throw error;
      }
    },
  };
  for (const chunk of chunksOf(lines)) {
    const problem = await printLine(chunk, stdout);
    if (problem !== undefined) throw new CommandFailure(1, `Cannot write to stdout: ${problem}`);
    if (isGone) return;
  }
}

/** The lines in larger pieces, each without its last line end. */
function* chunksOf(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk.slice(0, -1);
    chunk = "";
  }
  if (chunk !== "") yield chunk.slice(0, -1);
}
