/** The commands that a person can type: one table for parsing, `/help` and completion. */

import { fold, parseName, type UnreadRoom } from "../../protocol/mod.ts";
import {
  asking,
  changePassword,
  endSession,
  listSessions,
  register,
  unregister,
} from "./account.ts";
import { distance } from "./edit_distance.ts";
import { type Effect, notice, problem, show } from "./items.ts";
import { splitName } from "./people.ts";
import { listFound, openFound, pageOfRooms, showEarlier, whoIsIn } from "./queries.ts";
import { about, bans, log, ordering } from "./rights.ts";
import { enterRoom, leaveRoom } from "./rooms.ts";
import type { ChatState } from "./state.ts";

/** The completions that Tab offers for an argument. */
export type ArgumentKind =
  | "room"
  | "other room"
  | "person"
  | "banned"
  | "time"
  | "role"
  | "access"
  | "topic-by"
  | "command"
  | "text";

/** One command. */
export interface Command {
  /** Its arguments as `/help` shows them. */
  readonly usage: string;
  readonly help: string;
  /** The kinds of its arguments in order; the last one stands for all that follow. */
  readonly arguments: readonly ArgumentKind[];
  /** Whether it needs an argument. */
  readonly needsArgument: boolean;
  readonly run: (state: ChatState, argument: string) => Effect[];
}

function command(
  usage: string,
  help: string,
  kinds: readonly ArgumentKind[],
  run: Command["run"],
): Command {
  return { usage, help, arguments: kinds, needsArgument: /^[A-Z]/.test(usage), run };
}

/** Every command by its name, in the order of `/help`. Arguments in brackets may be left out. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  join: command(
    "ROOM [--code CODE]",
    "enter a room, or go back to one; by an invitation's code",
    ["other room"],
    join,
  ),
  leave: command("[ROOM]", "leave this room, or that one", ["room"], leave),
  room: command("[ROOM|NUMBER]", "type into another room; alone, list yours", ["room"], goTo),
  rooms: command("", "list the rooms of the server", [], (state) => [pageOfRooms(state)]),
  who: command("[ROOM]", "list who is in a room", ["room"], who),
  msg: command("NAME TEXT", "write to one person", ["person", "text"], direct),
  reply: command("TEXT", "answer who last wrote to you alone", ["text"], reply),
  me: command("TEXT", "say what you do", ["text"], (state, text) => say(state, `/me ${text}`)),
  nick: command("NAME", "change your name", ["text"], nick),
  topic: command("[TEXT]", "show or set the room's topic; - clears it", ["text"], topic),
  history: command(
    "[N]",
    "show the room's last N messages; again, those before",
    ["text"],
    history,
  ),
  search: command("WORDS", "search what was said in your rooms", ["text"], search),
  open: command("N", "show number N of the last search in its context", ["text"], openFound),
  unread: command("", "list what you have not read", [], unread),
  read: command("", "mark all of the room as read, shown or not", [], read),
  ignore: command("[NAME]", "hide somebody, or show them again; alone, list", ["person"], ignore),
  about: command("[ROOM]", "show how a room is run, and what you may there", ["room"], about),
  invite: command(
    "[NAME] [--uses N] [--days N]",
    "invite to the room; without a NAME, make a link for N uses, N days",
    ["person"],
    ordering("invite"),
  ),
  kick: command(
    "NAME [REASON]",
    "remove somebody from the room",
    ["person", "text"],
    ordering("kick"),
  ),
  ban: command(
    "NAME [FOR] [REASON]",
    "keep somebody out, for 10m, 2h, 3d or ever; else for 1d",
    ["person", "time", "text"],
    ordering("ban"),
  ),
  unban: command("NAME", "lift a ban", ["banned"], ordering("unban")),
  bans: command("", "list who is banned or muted, until when, and why", [], bans),
  mute: command(
    "NAME FOR [REASON]",
    "take somebody's word in the room, for 10m, 2h, 3d or ever",
    ["person", "time", "text"],
    ordering("mute"),
  ),
  unmute: command("NAME", "give it back", ["banned"], ordering("unmute")),
  role: command(
    "NAME ROLE",
    "make somebody a member, voice, moderator or owner",
    ["person", "role"],
    ordering("role"),
  ),
  access: command(
    "ACCESS",
    "let the room be open, for invited people, or moderated",
    ["access"],
    ordering("access"),
  ),
  slow: command(
    "SECONDS",
    "let each person speak once in so many seconds; 0 ends that",
    ["text"],
    ordering("slow"),
  ),
  "topic-by": command(
    "BY",
    "let all or moderators set the topic",
    ["topic-by"],
    ordering("topic-by"),
  ),
  log: command("[N]", "show the last N of these acts in the room", ["text"], log),
  register: command(
    "",
    "make your name yours: from now on it needs a password",
    [],
    asking(register),
  ),
  password: command("", "change your name's password", [], asking(changePassword)),
  unregister: command("", "make your name anybody's again", [], asking(unregister)),
  sessions: command("", "list where your name is connected", [], listSessions),
  end: command("N", "end number N of the last /sessions", ["text"], endSession),
  reconnect: command("", "connect again now", [], () => [{ kind: "reconnect" }]),
  help: command("[COMMAND]", "show this, or one command", ["command"], help),
  quit: command("", "leave; a line that is just exit does the same", [], () => [{ kind: "quit" }]),
};

/** Whether a typed line may be kept in the history: some lines hold a password by mistake. */
export function mayRemember(line: string): boolean {
  return !/^\s*\/(?:un)?(?:pass|reg)/i.test(line);
}

/** Executes a typed line. */
export function submit(state: ChatState, typed: string): Effect[] {
  const line = typed.trimEnd();
  if (/^\s*exit\s*$/i.test(line)) return [{ kind: "quit" }];
  if (line === "") return [];
  if (!line.startsWith("/")) return say(state, line);
  if (line.startsWith("//")) return say(state, line.slice(1));
  const [, name = "", argument = ""] = /^\/(\S*)\s*([^]*)$/.exec(line) ?? [];
  return runCommand(state, name.toLowerCase(), argument);
}

function runCommand(state: ChatState, name: string, argument: string): Effect[] {
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found === undefined) return [problem(unknownCommand(name))];
  if (found.needsArgument && argument === "") return [problem(`Write /${name} ${found.usage}`)];
  return found.run(state, argument);
}

function unknownCommand(name: string): string {
  const near = Object.keys(COMMANDS)
    .map((each) => ({ each, far: each.startsWith(name) ? 0 : distance(each, name) }))
    .sort((one, other) => one.far - other.far)[0];
  // A distance of half a short word is too far for a guess.
  const most = Math.min(2, Math.floor(name.length / 2));
  const meant = near !== undefined && near.far <= most
    ? `did you mean /${near.each}?`
    : "see /help.";
  return `There is no command /${name}: ${meant} A line that begins with // is sent with one /`;
}

function say(state: ChatState, text: string): Effect[] {
  const room = state.activeRoom;
  if (room === undefined) return [problem("You are in no room: /join ROOM enters one")];
  return [{ kind: "say", target: { room: room.name }, text }];
}

function join(state: ChatState, argument: string): Effect[] {
  const [, name = argument, code] = /^(.*?)\s+--code[\s=]\s*(\S+)$/.exec(argument) ?? [];
  const parsed = parseName(name);
  if ("problem" in parsed) return [problem(`Cannot join: the room's name ${parsed.problem}`)];
  const known = state.rooms.get(fold(parsed.name));
  return known === undefined ? enterRoom(state, parsed.name, code) : state.activate(known);
}

function leave(state: ChatState, argument: string): Effect[] {
  const room = argument === "" ? state.activeRoom?.name : argument;
  if (room === undefined) return [problem("You are in no room")];
  return leaveRoom(state, room);
}

function goTo(state: ChatState, argument: string): Effect[] {
  const rooms = [...state.rooms.values()];
  if (argument === "") {
    const listed = rooms.map(({ name }, index) => `${index + 1} ${name}`).join(", ");
    return [notice(listed === "" ? "You are in no room" : `Your rooms: ${listed}`)];
  }
  const numbered = /^\d$/.test(argument) ? rooms[Number(argument) - 1] : undefined;
  const room = state.rooms.get(fold(argument)) ?? numbered;
  if (room !== undefined) return state.activate(room);
  return [problem(`You are not in ${argument}: /join ${argument} enters it`)];
}

function who(state: ChatState, argument: string): Effect[] {
  const room = argument === "" ? state.activeRoom?.name : argument;
  return room === undefined ? [problem("You are in no room")] : [whoIsIn(state, room)];
}

function direct(state: ChatState, argument: string): Effect[] {
  const { name, text } = splitName(state, argument);
  if (text === "") return [problem("Write /msg NAME TEXT")];
  return [{ kind: "say", target: { to: name }, text }];
}

function reply(state: ChatState, text: string): Effect[] {
  const to = state.lastDirect;
  if (to === undefined) return [problem("Nobody has written to you alone yet: /msg NAME TEXT")];
  return [{ kind: "say", target: { to }, text }];
}

function nick(state: ChatState, argument: string): Effect[] {
  const parsed = parseName(argument);
  if ("problem" in parsed) return [problem(`Cannot use that name: it ${parsed.problem}`)];
  return [state.ask({ type: "rename", payload: { name: parsed.name } })];
}

function topic(state: ChatState, argument: string): Effect[] {
  const room = state.activeRoom?.name;
  if (room === undefined) return [problem("You are in no room")];
  if (argument !== "") {
    const text = argument === "-" ? "" : argument;
    return [state.ask({ type: "topic", payload: { room, topic: text } })];
  }
  return [state.ask({ type: "topic", payload: { room } }, {
    answer: (event) => {
      if (event.type !== "topic") return [];
      const { topic } = event.payload;
      return [notice(topic === "" ? `${room} has no topic` : `${room}: ${topic}`)];
    },
  })];
}

function history(state: ChatState, argument: string): Effect[] {
  const room = state.activeRoom;
  if (room === undefined) return [problem("You are in no room")];
  const count = argument === "" ? 20 : Number(argument);
  if (!Number.isInteger(count) || count < 1 || count > 500) {
    return [problem("Write /history N, with N from 1 to 500")];
  }
  return [showEarlier(state, room, count)];
}

function search(state: ChatState, argument: string): Effect[] {
  return [listFound(state, argument)];
}

function unread(state: ChatState): Effect[] {
  const asked = state.ask({ type: "unread", payload: {} }, {
    answer: (event) => event.type === "unread" ? [listUnread(state, event.payload.rooms)] : [],
  });
  // Messages on the screen are not unread, though the server may not know yet.
  return [...state.markRead(), asked];
}

/** The server also counts the messages of people who are ignored here. */
function listUnread(state: ChatState, rooms: readonly UnreadRoom[]): Effect {
  const counted = rooms.map((each) => {
    const { unread, mentions } = state.rooms.get(fold(each.room))?.hidden ??
      { unread: 0, mentions: 0 };
    return { ...each, unread: each.unread - unread, mentions: each.mentions - mentions };
  });
  return show({ kind: "unread", rooms: counted });
}

/** Marks a room as read, including messages that were not shown. */
function read(state: ChatState): Effect[] {
  const room = state.activeRoom;
  if (room === undefined) return [problem("You are in no room")];
  room.hole = undefined;
  return [...state.markRead(), notice(`All of ${room.name} is read`)];
}

function ignore(state: ChatState, argument: string): Effect[] {
  if (argument === "") {
    const names = [...state.ignored.values()].join(", ");
    return [notice(names === "" ? "You ignore nobody" : `You ignore ${names}`)];
  }
  const isIgnored = !state.ignored.has(fold(argument));
  const text = isIgnored
    ? `${argument} is not shown any more; /ignore ${argument} undoes it`
    : `${argument} is shown again`;
  return [notice(text), state.ignore(argument, isIgnored)];
}

function help(_state: ChatState, argument: string): Effect[] {
  const name = argument.replace(/^\//, "").toLowerCase();
  const rows = Object.entries(COMMANDS)
    .filter(([each]) => name === "" || each === name)
    .map(([each, { usage, help }]): [string, string] => [`/${each} ${usage}`.trimEnd(), help]);
  if (rows.length === 0) return [problem(unknownCommand(name))];
  return [show({ kind: "help", rows, isWhole: name === "" })];
}
