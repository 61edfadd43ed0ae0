/**
 * The words of acts and bans, for people. Pure.
 */

import type { Access, Act } from "../../../protocol/mod.ts";
import type { StoredBan } from "../../log/rights.ts";

const ACCESS_WORDS: Record<Access, string> = {
  open: "opened the room to everyone",
  moderated: "made the room moderated: only those with a voice may speak",
  invite: "made the room invite-only",
};

/** An act as the text of its entry: what the sender did, without the sender's name. */
export function actText(act: Act): string {
  const { name = "", role, uses, reason } = act;
  const why = reason === undefined || reason === "" ? "" : `: ${reason}`;
  switch (act.event) {
    case "configured":
      return configuredText(act);
    case "role":
      return role === "member"
        ? `made ${name} a plain member`
        : `gave ${name} ${ROLE_WORDS[role!]}`;
    case "invited":
      return name === ""
        ? `made an invitation code for ${uses}, good ${inWords(act)}`
        : `invited ${name}`;
    case "kicked":
      return `removed ${name}${why}`;
    case "banned":
      return `banned ${name} ${inWords(act)}${why}`;
    case "muted":
      return `muted ${name} ${inWords(act)}${why}`;
    default:
      return `${act.event} ${name}`;
  }
}

const ROLE_WORDS = {
  member: "",
  voice: "a voice",
  moderator: "the role of a moderator",
  owner: "the role of an owner",
};

function configuredText({ access, slow, topic_by }: Act): string {
  const parts = [
    ...access === undefined ? [] : [ACCESS_WORDS[access]],
    ...slow === undefined ? [] : [slow === 0 ? "ended slow mode" : `set slow mode to ${slow} s`],
    ...topic_by === undefined ? [] : [
      topic_by === "all" ? "let everyone set the topic" : "let only moderators set the topic",
    ],
  ];
  return parts.join("; ");
}

/** How long something holds, as a date that needs no locale. */
export function inWords({ until }: { until?: number | undefined }): string {
  if (until === undefined) return "for ever";
  const [day = "", time = ""] = new Date(until).toISOString().split("T");
  return `until ${day} ${time.slice(0, 5)} UTC`;
}

/** A ban as its target is told. */
export function banText(room: string, ban: Pick<StoredBan, "until" | "by" | "reason">): string {
  const why = ban.reason === undefined || ban.reason === "" ? "" : `: ${ban.reason}`;
  return `You were banned from ${room} ${inWords(ban)} by ${ban.by}${why}`;
}

/** A removal without a ban as its target is told. */
export function kickText(room: string, by: string, reason: string | undefined): string {
  const why = reason === undefined || reason === "" ? "" : `: ${reason}`;
  return `You were removed from ${room} by ${by}${why}`;
}
