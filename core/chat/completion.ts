/** Completion of the word before the cursor. */

import { ACCESS, fold, ROLES, TOPIC_BY } from "../../protocol/mod.ts";
import { type ArgumentKind, COMMANDS } from "./commands.ts";
import type { ChatState } from "./state.ts";

/** Lengths of time that are usual for a ban or a mute. */
const TIMES = ["10m", "1h", "1d", "7d", "ever"];

/** Sources of completions. */
export interface Known {
  /** The rooms that the person is in. */
  readonly rooms: readonly string[];
  /** The other known rooms of the server. */
  readonly otherRooms: readonly string[];
  /** People, the latest speaker first. */
  readonly people: readonly string[];
  /** Names that are banned or muted. */
  readonly banned: readonly string[];
}

/** The candidates for the text from `start` to the cursor. */
export interface Completion {
  readonly start: number;
  /** The best first. */
  readonly candidates: readonly string[];
}

/** The words that a client's state knows. */
export function knownTo(state: ChatState): Known {
  const people = new Map(state.recent.map((name) => [fold(name), name]));
  for (const [key, name] of state.activeRoom?.members ?? []) {
    if (!people.has(key)) people.set(key, name);
  }
  people.delete(fold(state.name));
  return {
    rooms: [...state.rooms.values()].map(({ name }) => name),
    otherRooms: state.listed.filter((room) => !state.rooms.has(fold(room))),
    people: [...people.values()],
    banned: [...state.banned.values()],
  };
}

/** The completions of the text before the cursor; no candidates if there are none. */
export function complete(text: string, cursor: number, known: Known): Completion {
  const { start, candidates } = completeTyped(text.slice(0, cursor), known);
  // An existing space is not doubled.
  const isFollowed = /^\s/.test(text.slice(cursor));
  return { start, candidates: candidates.map((each) => isFollowed ? each.trimEnd() : each) };
}

function completeTyped(typed: string, known: Known): Completion {
  if (typed.startsWith("//") || !typed.startsWith("/")) return completePerson(typed, known);
  const command = /^\/(\S*)$/.exec(typed)?.[1];
  if (command === undefined) return completeArgument(typed, known);
  const names = Object.keys(COMMANDS).filter((name) => name.startsWith(command.toLowerCase()));
  return { start: 0, candidates: names.map((name) => `/${name} `) };
}

function completeArgument(typed: string, known: Known): Completion {
  const [head = "", name = ""] = /^\/(\S*)\s+/.exec(typed) ?? [];
  const command = name.toLowerCase();
  const kinds = Object.hasOwn(COMMANDS, command) ? COMMANDS[command]?.arguments ?? [] : [];
  const rest = typed.slice(head.length);
  const [first] = kinds;
  // Names and rooms may contain spaces, so a command's first argument extends to the end.
  const whole = first === undefined ? [] : starting(rest, candidatesOf(first, known));
  if (whole.length > 0) {
    return { start: head.length, candidates: whole.map((each) => `${each} `) };
  }
  const later = completeLater(rest, kinds, known);
  if (later !== undefined) return { ...later, start: head.length + later.start };
  return kinds.at(-1) === "text" ? completePerson(typed, known) : { start: 0, candidates: [] };
}

/** The second argument, behind a name of the first kind, or else behind one word. */
function completeLater(
  rest: string,
  [first, second]: readonly ArgumentKind[],
  known: Known,
): Completion | undefined {
  if (first === undefined || second === undefined || second === "text") return undefined;
  const names = candidatesOf(first, known).filter((name) =>
    fold(rest).startsWith(fold(name) + " ")
  );
  const [longest] = names.toSorted((one, other) => other.length - one.length);
  const start = longest === undefined ? rest.search(/\s\S*$/) + 1 : longest.length + 1;
  const typed = rest.slice(start);
  if (start === 0 || /\s/.test(rest.slice(0, start - 1)) && longest === undefined) return undefined;
  const candidates = starting(typed, candidatesOf(second, known));
  return candidates.length === 0
    ? undefined
    : { start, candidates: candidates.map((each) => `${each} `) };
}

function candidatesOf(kind: ArgumentKind, known: Known): readonly string[] {
  const candidates: Record<ArgumentKind, readonly string[]> = {
    "room": known.rooms,
    "other room": [...known.otherRooms, ...known.rooms],
    "person": known.people,
    "banned": [...known.banned, ...known.people],
    "time": TIMES,
    "role": ROLES,
    "access": ACCESS,
    "topic-by": TOPIC_BY,
    "command": Object.keys(COMMANDS),
    "text": [],
  };
  return candidates[kind];
}

/** A name may follow other characters, as in "@bo" and "(bo": the longest part that fits counts. */
function completePerson(typed: string, { people }: Known): Completion {
  const word = /\S*$/.exec(typed)?.[0] ?? "";
  const starts = [...word.matchAll(/[\p{P}\p{S}]+/gu)].map((each) => each.index + each[0].length);
  const parts = [0, ...starts].map((start) => word.slice(start)).filter((part) => part !== "");
  const found = parts.map((part) => ({ part, names: starting(part, people) }))
    .find(({ names }) => names.length > 0);
  if (found === undefined) return { start: typed.length, candidates: [] };
  const start = typed.length - found.part.length;
  const ending = start === 0 ? ": " : " ";
  return { start, candidates: found.names.map((name) => name + ending) };
}

function starting(typed: string, candidates: readonly string[]): string[] {
  const wanted = fold(typed);
  return candidates.filter((each) => fold(each).startsWith(wanted));
}
