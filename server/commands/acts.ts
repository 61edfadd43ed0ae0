/** `chat-server log`: who did what in the rooms, as an operator reads it. */

import type { DatabaseSync } from "node:sqlite";
import { text } from "../../cli/options.ts";
import { escapeForTerminal, fold } from "../../protocol/mod.ts";
import { isUpToDate, SEQ_SPAN } from "../log/sqlite/tables/schema.ts";
import { Statements } from "../log/sqlite/tables/statements.ts";
import { command, CommandFailure, DATA, dataPath, HELP, nameFrom } from "./parts/command.ts";
import { readFrom } from "./verify.ts";

/** One act. */
interface ActRow {
  room: string;
  sender: string;
  text: string;
  at: number;
}

/** `chat-server log`. */
export const log = command({
  operands: [],
  help: "List what owners, moderators and operators did in the rooms",
  description: `
List the acts in all rooms or in one, the oldest first: roles, access, invitations, kicks, bans
and mutes, with their dates in UTC. Acts are messages of their room, and are kept as long as its
other messages. A server that uses the file need not be stopped. Nothing is changed.`,
  options: {
    room: text("ROOM", undefined, "Only this room [default: all]"),
    data: DATA,
    help: HELP,
  },
  run: async (_, { room, data }) => {
    const path = dataPath(data);
    const name = room === undefined ? undefined : nameFrom(room);
    return await readFrom(path, (database) => listActs(database, path, name));
  },
});

function listActs(database: DatabaseSync, path: string, name: string | undefined): string {
  if (!isUpToDate(database)) {
    const advice = "a server of this release brings it up to date when it starts";
    throw new CommandFailure(1, `The log ${path} is of another release; ${advice}`);
  }
  const sql = new Statements(database);
  const rows = name === undefined ? allActs(sql) : actsOf(sql, name);
  return rows.length === 0 ? "Nobody did anything yet." : rows.map(line).join("\n");
}

const ACT = `SELECT room.name AS room, message.sender, message.text, message.at FROM message
  JOIN room ON room.id = message.id / ${SEQ_SPAN} WHERE message.kind = 'act'`;

function allActs(sql: Statements): ActRow[] {
  return sql.all<ActRow>(`${ACT} ORDER BY message.at, message.id`);
}

function actsOf(sql: Statements, name: string): ActRow[] {
  const room = sql.get<{ id: number }>("SELECT id FROM room WHERE fold = ?", fold(name));
  if (room === undefined) throw new CommandFailure(1, `There is no room "${name}"`);
  return sql.all<ActRow>(
    `${ACT} AND message.id > ? AND message.id < ? ORDER BY message.id`,
    ...[room.id * SEQ_SPAN, (room.id + 1) * SEQ_SPAN],
  );
}

function line({ room, sender, text, at }: ActRow): string {
  const date = new Date(at).toISOString().replace("T", " ").slice(0, 19);
  return escapeForTerminal(`${date} [${room}] ${sender} ${text}`);
}
