/**
 * Whether a `connect` is admitted: which session its token resumes, and why its name,
 * password or rooms are refused. Pure, as all of the hub.
 */

import { fold, LIMITS, type Request } from "../../protocol/mod.ts";
import type { Directory } from "./state/directory.ts";
import type { Origin } from "./effects.ts";
import type { Authentication, StoredSession } from "../log/account_store.ts";
import type { Refusal } from "./state/refusal.ts";
import type { Person } from "./state/room_rights.ts";
import { skeletonsOf } from "./state/skeletons.ts";
import { admittedRooms, entryRefusal, silenceRefusal } from "./rights/entry.ts";
import { serverBanRefusal } from "./rights/rights.ts";
import type { Profile, Session } from "./state/session.ts";

/** The part of a `connect` that the rules can't make themselves: secrets, and hashes of secrets. */
export interface Credentials {
  /** A fresh token, for the session that may be opened. */
  token: string;
  tokenHash: string;
  /** The hash of the token that the client showed, if it showed one. */
  shownHash?: string;
  /** The session that the log has stored for that hash. */
  stored?: StoredSession | undefined;
  /** The `seq` up to which that session's present connection was sent its inbox. */
  inboxSeen?: number | undefined;
  /** Proof that the password that the client showed is the name's. */
  authentication?: Authentication | undefined;
}

/** One `connect` in the making. */
export interface ConnectAttempt {
  directory: Directory;
  origin: Origin;
  request: Request<"connect">;
  credentials: Credentials;
  now: number;
}

/** The person that an attempt is by: of the name that it asks for, with what it has shown. */
export function personOf(
  { directory, origin, request, credentials }: ConnectAttempt,
  known: Session | undefined,
): Person {
  const { name } = request.payload;
  const isRegistered = directory.names.accountOf(name) !== undefined;
  const isLecture = profileOf(request) === "lecture";
  return {
    name,
    fold: fold(name),
    // Made when first needed: most connections meet no ban.
    get skeletons() {
      return skeletonsOf(name);
    },
    authentication: isRegistered ? credentials.authentication ?? known?.authentication : undefined,
    tokenHash: isLecture ? undefined : known?.tokenHash ?? credentials.tokenHash,
    connection: origin.connection,
  };
}

/** The profile that a `connect` asks for. */
export function profileOf({ payload }: Request<"connect">): Profile {
  return payload.version === undefined ? "lecture" : "version 2";
}

/** Whether the token that was shown opens a session of that name, so that no password is needed. */
export function opensByToken(
  directory: Directory,
  name: string,
  credentials: Credentials,
): boolean {
  const known = directory.names.withToken(credentials.shownHash ?? "") ??
    storedOf(directory, credentials);
  return known !== undefined && fold(known.name) === fold(name) &&
    directory.mayUse(name, known.authentication);
}

/** The session that the shown token resumes, from the directory or the log, if the token is still valid. */
export function findSession({ directory, credentials, now }: ConnectAttempt): Session | undefined {
  const { shownHash, authentication } = credentials;
  const stored = storedOf(directory, credentials);
  const known = directory.names.withToken(shownHash ?? "");
  const its = (known ?? stored)?.authentication;
  // After a change of password the token counts only with the new password beside it.
  const isGood = its === undefined || directory.names.isCurrent(its) ||
    its.account === authentication?.account;
  if (!isGood) return undefined;
  if (known !== undefined || stored === undefined) return known;
  return directory.recall(stored, now);
}

/** The stored session of the shown token; nothing when the token was made void since the log was asked. */
function storedOf(
  directory: Directory,
  { shownHash = "", stored }: Credentials,
): StoredSession | undefined {
  return directory.isVoid(shownHash) ? undefined : stored;
}

/** Why the attempt is refused, if it is; `known` is the session that its token resumes. */
export function connectRefusal(
  attempt: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  const person = personOf(attempt, known);
  return passwordRefusal(attempt, known) ??
    serverBanRefusal(attempt.directory, person, attempt.now) ??
    takenRefusal(attempt, known) ?? silencedRefusal(attempt, known) ??
    roomRefusal(attempt, known, person) ?? lookalikeRefusal(attempt, known, person);
}

/** Why a session can't come back by another name: see {@linkcode silenceRefusal}. */
function silencedRefusal(
  { directory, request, now }: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  if (known === undefined || fold(request.payload.name) === known.fold) return undefined;
  return silenceRefusal(directory, known.roomNames, known, now);
}

/** Gives the same words for a wrong password and for a name without one, so that neither can be told apart. */
function passwordRefusal(
  { directory, request, credentials }: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  const { name, password } = request.payload;
  if (known !== undefined && opensByToken(directory, name, credentials)) return undefined;
  const isRegistered = directory.names.accountOf(name) !== undefined;
  if (password !== undefined) {
    if (isRegistered && directory.mayUse(name, credentials.authentication)) return undefined;
    return { code: "wrong_password", reason: `That is not the password of "${name}"` };
  }
  if (!isRegistered && directory.mayUse(name, undefined)) return undefined;
  const reason = isRegistered
    ? `"${name}" is registered; show its password, or choose another name`
    : `"${name}" needs a password: this server takes registered names alone`;
  return { code: "password_required", reason };
}

function takenRefusal(
  { directory, request, now }: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  const { name } = request.payload;
  const holders = directory.names.holders(name).filter((holder) => holder !== known);
  if (directory.names.accountOf(name) !== undefined) {
    if (holders.filter(({ connection }) => connection !== undefined).length < LIMITS.sessions) {
      return undefined;
    }
    const reason = `"${name}" is connected ${LIMITS.sessions} times, and that is the most`;
    return { code: "too_many_sessions", reason };
  }
  const [holder] = holders;
  const wait = holder?.holdsNameFor(now) ?? 0;
  return wait === 0 ? undefined : { code: "name_taken", reason: takenText(name, wait) };
}

function lookalikeRefusal(
  { directory, request, now }: ConnectAttempt,
  known: Session | undefined,
  person: Person,
): Refusal | undefined {
  const asked = roomsAskedFor(request, known?.roomNames ?? []);
  const { name } = request.payload;
  const refusal = directory.lookalikeRefusal(name, asked, known);
  if (refusal === undefined) return undefined;
  // A lookalike in a room that the person may not enter must not be told.
  const rooms = admittedRooms(directory, asked, person, request, now);
  return directory.lookalikeRefusal(name, rooms, known);
}

/**
 * Checks the rooms. Only rooms that this `connect` adds count against the limit: a session that
 * was in more rooms than today's limit allows must be able to resume.
 */
function roomRefusal(
  { directory, request, now }: ConnectAttempt,
  known: Session | undefined,
  person: Person,
): Refusal | undefined {
  const before = new Set((known?.roomNames ?? []).map(fold));
  const all = new Set([...before, ...roomsAskedFor(request, []).map(fold)]);
  const { room, code } = request.payload;
  const most = before.size === all.size ? LIMITS.rooms : directory.roomLimits.roomsOfSession;
  if (all.size > most) return { code: "too_many_rooms", reason: `${most} rooms are the most` };
  if (room === undefined || before.has(fold(room))) return undefined;
  return entryRefusal(directory, room, person, now, code);
}

/** The rooms of a session once `connect` is done: those it had, those it resumes, the one it names. */
export function roomsAskedFor({ payload }: Request<"connect">, had: readonly string[]): string[] {
  const { since = {}, room } = payload;
  return [...had, ...Object.keys(since), ...room === undefined ? [] : [room]];
}

function takenText(name: string, wait: number): string {
  if (wait === Infinity) return `The name "${name}" is taken; choose another`;
  const seconds = Math.ceil(wait / 1000);
  return `The name "${name}" is held for its session for ${seconds} s more; ` +
    "show that session's token, wait, or choose another";
}
