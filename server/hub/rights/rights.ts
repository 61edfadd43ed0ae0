/**
 * The one place where a right is decided: the table of the least ranks, and the refusal of
 * whoever is below. protocol/mod.ts has the same table for people; a test holds the server
 * against that. A new right is a new row here. Pure.
 */

import type { Access, ErrorCode } from "../../../protocol/mod.ts";
import type { Ban, Person } from "../state/room_rights.ts";
import type { Directory } from "../state/directory.ts";
import type { Refusal } from "../state/refusal.ts";
import type { Room } from "../state/room.ts";
import { banText, inWords } from "./words.ts";

/** The ranks, the least first. */
export const RANKS = ["none", "member", "voice", "moderator", "owner", "operator"] as const;
export type Rank = (typeof RANKS)[number];

/** Something that a rank may do in a room. */
export type Right = "list" | "see" | "enter" | "speak" | "topic" | "moderate" | "own";

const LEAST: Record<Right, Record<Access, Rank>> = {
  /** To find it in `rooms`, from outside. */
  list: { open: "none", moderated: "none", invite: "member" },
  /** To ask for its topic, its members and its rights, from outside. */
  see: { open: "none", moderated: "member", invite: "member" },
  enter: { open: "none", moderated: "none", invite: "member" },
  speak: { open: "none", moderated: "voice", invite: "none" },
  topic: { open: "none", moderated: "voice", invite: "none" },
  /** To invite, kick, mute, ban, and give `member` and `voice`. */
  moderate: { open: "moderator", moderated: "moderator", invite: "moderator" },
  /** To configure, and to give and take `moderator` and `owner`. */
  own: { open: "owner", moderated: "owner", invite: "owner" },
};

/** Whether one rank is at least another. */
export function isAtLeast(rank: Rank, least: Rank): boolean {
  return RANKS.indexOf(rank) >= RANKS.indexOf(least);
}

/** The rank of a person in a room. */
export function rankOf(directory: Directory, room: Room | undefined, person: Person): Rank {
  const { authentication, tokenHash } = person;
  if (authentication !== undefined) {
    const { account } = authentication;
    if (directory.names.isOperator(account)) return "operator";
    const role = room?.rights?.roleOf(account);
    if (role !== undefined) return role;
  }
  return tokenHash !== undefined && room?.rights?.isGuest(tokenHash) === true ? "member" : "none";
}

/** The rank of a name, whether it is here or not. */
export function rankOfName(directory: Directory, room: Room, name: string): Rank {
  const account = directory.names.accountOf(name);
  if (account === undefined) return "none";
  if (account.isOperator) return "operator";
  return room.rights?.roleOf(account.id) ?? "none";
}

/**
 * Why a person has no right in a room; nothing where it has. `now` is the hub's, `name` the room's
 * as the person wrote it: how it is written tells of a room that does not exist for that person.
 */
export function rightRefusal(
  directory: Directory,
  room: Room,
  person: Person,
  right: Right,
  now: number,
  name = room.name,
): Refusal | undefined {
  const { rights } = room;
  const access = rights?.settings.access ?? "open";
  const rank = rankOf(directory, room, person);
  if (rights !== undefined) {
    const refusal = CHECKS[right]?.({ directory, room, rights, person, rank, now });
    if (refusal !== undefined) return refusal;
  }
  const byModerators = right === "topic" && rights?.settings.topicBy === "moderators";
  const least = byModerators ? "moderator" : LEAST[right][access];
  return isAtLeast(rank, least) ? undefined : REFUSALS[right](name, room, access, least);
}

interface Check {
  directory: Directory;
  room: Room;
  rights: NonNullable<Room["rights"]>;
  person: Person;
  rank: Rank;
  now: number;
}

/** Refusals that come before the table. */
const CHECKS: Partial<Record<Right, (check: Check) => Refusal | undefined>> = {
  see: banned,
  enter: banned,
  speak: (check) => muted(check) ?? slowed(check),
  topic: muted,
};

function banned(check: Check): Refusal | undefined {
  // An invite room that it is not invited to does not exist for a person, banned or not.
  if (check.rights.settings.access === "invite" || check.rank !== "none") return undefined;
  return banRefusal(check.directory, check.room, check.person, check.now);
}

/** The refusal of a person without a role whose name, lookalike or address is banned from a room. */
export function banRefusal(
  directory: Directory,
  { name, rights }: Room,
  person: Person,
  now: number,
): Refusal | undefined {
  const epoch = directory.toEpoch(now);
  const ban = rights?.bans.find((ban) =>
    ban.stored.kind === "ban" && ban.holds(epoch) &&
    (ban.names(person) || ban.resembles(person, epoch))
  );
  if (ban === undefined) return undefined;
  if (!ban.names(person)) {
    const reason = `Names like yours, or your address, are banned from ${name}`;
    return { code: "banned", reason: `${reason} ${inWords(ban.stored)}` };
  }
  const { by, until, reason } = ban.stored;
  const details = {
    by,
    ...until === undefined ? {} : { until },
    ...reason === undefined ? {} : { reason },
  };
  return { code: "banned", reason: banText(name, ban.stored), ban: details };
}

/** The refusal of a person whose name, lookalike or address is banned from the server. */
export function serverBanRefusal(
  directory: Directory,
  person: Person,
  now: number,
): Refusal | undefined {
  const ban = serverBanOf(directory, person, now);
  if (ban === undefined) return undefined;
  const { reason } = ban.stored;
  const why = reason === undefined ? "" : `: ${reason}`;
  return { code: "banned", reason: `This server has banned you ${inWords(ban.stored)}${why}` };
}

/**
 * The ban from the server that hits a person. A registered name other than the banned one is hit
 * by a ban of its address alone, an operator by none.
 */
export function serverBanOf(directory: Directory, person: Person, now: number): Ban | undefined {
  if (directory.bans.length === 0) return undefined;
  const { authentication } = person;
  if (authentication !== undefined && directory.names.isOperator(authentication.account)) {
    return undefined;
  }
  const epoch = directory.toEpoch(now);
  return directory.bans.find((ban) => {
    if (!ban.holds(epoch)) return false;
    const isForAll = authentication === undefined || ban.stored.kind === "address";
    return ban.names(person) || isForAll && ban.resembles(person, epoch);
  });
}

/** Why a session may not register its name, by `--register`. */
export function registrationRefusal(
  { roomLimits: { registration = "open" }, roomsInOrder }: Directory,
  { tokenHash = "" }: Person,
): Refusal | undefined {
  if (registration === "open") return undefined;
  const isInvited = () => roomsInOrder.some(({ rights }) => rights?.isGuest(tokenHash) === true);
  if (registration === "invite" && isInvited()) return undefined;
  const reason = registration === "off"
    ? "This server registers no names; its operator does"
    : "This server registers invited people alone; enter a room by an invitation code first";
  return { code: "not_allowed", reason };
}

function muted({ directory, room, rights, person, rank, now }: Check): Refusal | undefined {
  if (isAtLeast(rank, "moderator")) return undefined;
  const epoch = directory.toEpoch(now);
  const mute = muteOf(rights.bans, person, rank, epoch);
  if (mute === undefined) return undefined;
  const { until, by, reason } = mute.stored;
  const why = reason === undefined ? "" : `: ${reason}`;
  return {
    code: "muted",
    reason: `You are muted in ${room.name} ${inWords(mute.stored)} by ${by}${why}`,
    ...until === undefined ? {} : { retryAfter: until - epoch },
  };
}

/** A name with a role is not muted for looking like one that is. */
function muteOf(
  bans: readonly Ban[],
  person: Person,
  rank: Rank,
  epoch: number,
): Ban | undefined {
  return bans.find((ban) =>
    ban.stored.kind === "mute" && ban.holds(epoch) &&
    (ban.names(person) || rank === "none" && ban.resembles(person, epoch))
  );
}

function slowed({ room, rights, person, rank, now }: Check): Refusal | undefined {
  if (rights.settings.slow === 0 || isAtLeast(rank, "voice")) return undefined;
  const wait = rights.slowFor(person, now);
  if (wait === 0) return undefined;
  const reason = `${room.name} takes one message in ${rights.settings.slow} s`;
  return { code: "slow_mode", reason, retryAfter: wait };
}

type Refuse = (name: string, room: Room, access: Access, least: Rank) => Refusal;

const notAllowed: Refuse = (name, { rights }, _, least) => ({
  code: "not_allowed",
  reason: rights === undefined
    ? `${name} belongs to nobody; an operator of the server can give it to someone`
    : `${name} leaves that to ${least === "voice" ? "those with a voice" : `its ${least}s`}`,
});

/** The refusal of a person that is below the least rank of a right. */
const REFUSALS: Record<Right, Refuse> = {
  list: notAllowed,
  see: (name, _, access) =>
    access === "invite" ? unknownRoom(name) : refusal("not_in_room", `You are not in ${name}`),
  enter: (name) => refusal("invite_only", `${name} takes invited people alone`),
  speak: notAllowed,
  topic: notAllowed,
  moderate: notAllowed,
  own: notAllowed,
};

/** Refuses a request about a room that does not exist, for that person. */
export function unknownRoom(name: string): Refusal {
  return refusal("unknown_room", `There is no room "${name}"`);
}

function refusal(code: ErrorCode, reason: string): Refusal {
  return { code, reason };
}
