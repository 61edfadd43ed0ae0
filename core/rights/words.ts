/** The acts of owners and moderators, and the settings of a room, in words made of their fields. */

import {
  type Access,
  type Act,
  type Ban,
  type Events,
  type MessagePayload,
  type RoomPayload,
} from "../../protocol/mod.ts";

/** The removal of a person from a room: by whom, why, and for how long. */
export interface Removal {
  readonly by: string;
  readonly room: string | undefined;
  readonly reason: string | undefined;
  /** Epoch milliseconds; `undefined` for ever. */
  readonly until: number | undefined;
}

/** How a view writes a moment, in epoch milliseconds, with its date: in the person's time zone. */
export type Clock = (at: number) => string;

/** A name to be shown as one, or words. */
export type Part = { readonly name: string } | string;

/** The words of an act; those of the server, if this version does not know it. */
export function actParts({ sender, text, act }: MessagePayload, clock: Clock): Part[] {
  const words = act === undefined ? undefined : own(ACTS, act.event);
  if (act === undefined || words === undefined) return [{ name: sender }, ` ${text}`];
  const name = act.name === undefined ? "somebody" : { name: act.name };
  return [{ name: sender }, ...words(act, name, clock), why(act)];
}

/** A table's row for a word of the server, which may be any. */
function own<Row>(table: Readonly<Partial<Record<string, Row>>>, word: string): Row | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

const ACTS: Partial<Record<Act["event"], (act: Act, name: Part, clock: Clock) => Part[]>> = {
  configured: (act) => [` has changed the room: ${configuredText(act)}`],
  role: ({ role = "member" }, name) => [" has made ", name, ` ${own(ROLE_NAMES, role) ?? role}`],
  invited: ({ name, uses = 1, until }, label, clock) =>
    name === undefined
      ? [
        ` has made an invitation for ${uses} ${uses === 1 ? "use" : "uses"}${
          untilText(until, clock)
        }`,
      ]
      : [" has invited ", label],
  kicked: (_act, name) => [" has kicked ", name],
  banned: ({ until }, name, clock) => [" has banned ", name, untilText(until, clock)],
  unbanned: (_act, name) => [" has lifted the ban of ", name],
  muted: ({ until }, name, clock) => [" has muted ", name, untilText(until, clock)],
  unmuted: (_act, name) => [" has given ", name, " the word back"],
};

const ROLE_NAMES: Readonly<Record<string, string>> = {
  member: "a member",
  voice: "a voice",
  moderator: "a moderator",
  owner: "an owner",
};

const ACCESS_NAMES: Readonly<Record<Access, string>> = {
  open: "open to all",
  invite: "for invited people",
  moderated: "moderated",
};

function configuredText({ access, slow, topic_by }: Partial<RoomPayload>): string {
  return [
    ...access === undefined ? [] : [own(ACCESS_NAMES, access) ?? access],
    ...slow === undefined ? [] : [slowText(slow)],
    ...topic_by === undefined ? [] : [`${topic_by} may set the topic`],
  ].join("; ");
}

function slowText(slow: number): string {
  return slow === 0 ? "no slow mode" : `one message in ${slow} s for each person`;
}

function why({ reason = "" }: { reason?: string | undefined }): string {
  return reason === "" ? "" : `: ${reason}`;
}

/** When something ends; nothing said means for ever. */
function untilText(until: number | undefined, clock: Clock): string {
  return until === undefined ? " for ever" : ` until ${clock(until)}`;
}

/** The words for a person who was removed. */
export function removalParts(
  event: "kicked" | "banned",
  { by, room, reason, until }: Removal,
  clock: Clock,
): Part[] {
  const where: Part[] = room === undefined ? ["the server"] : [{ name: room }];
  return event === "banned"
    ? [{ name: by }, ` has banned you from `, ...where, untilText(until, clock), why({ reason })]
    : [{ name: by }, ` has kicked you out of `, ...where, why({ reason })];
}

/** The lines that say how a room is run, and what the asking person may there. */
export function aboutLines(
  { room, topic, owners, moderators, you, ...rules }: RoomPayload,
): Part[][] {
  const none = owners.length === 0 ? ["it has no owner"] : ["owned by ", ...listed(owners)];
  const helped = moderators.length === 0 ? [] : ["; moderators: ", ...listed(moderators)];
  return [
    [{ name: room }, topic === "" ? " has no topic" : `: ${topic}`],
    [`${configuredText(rules)}; `, ...none, ...helped],
    [own(YOURS, you) ?? `you are ${you}`],
  ];
}

function listed(names: readonly string[]): Part[] {
  return names.flatMap((name, index) => index === 0 ? [{ name }] : [", ", { name }]);
}

const MODERATES = "/invite, /kick, /ban, /unban, /bans, /mute, /unmute";

const YOURS: Readonly<Record<RoomPayload["you"], string>> = {
  none: "you have no role here",
  member: "you are a member: you may enter",
  voice: "you are a voice: you may speak where it is moderated, and slow mode is not for you",
  moderator: `you are a moderator: ${MODERATES}, and /role NAME member or voice`,
  owner: `you are an owner: ${MODERATES}, /role, /access, /slow, /topic-by`,
  operator: "you are an operator of the server: you may do anything in any room",
};

/** A ban or a mute in words. */
export function banParts({ name, kind, by, until, reason }: Ban, clock: Clock): Part[] {
  const done = kind === "mute" ? " is muted" : " is banned";
  return [{ name }, `${done}${untilText(until, clock)} by `, { name: by }, why({ reason })];
}

/** An invitation code in words. */
export function invitationText(
  { code, uses, until }: Events["invite"],
  link: string | undefined,
  clock: Clock,
): string {
  const many = uses === 1 ? "one use" : `${uses} uses`;
  return `For ${many}${untilText(until, clock)}: ${link ?? `--code ${code}`}`;
}

/** The access of a room in a list of rooms; nothing where it is open. */
export function accessText(access: Access | undefined): string {
  return access === undefined || access === "open"
    ? ""
    : `, ${own(ACCESS_NAMES, access) ?? access}`;
}
