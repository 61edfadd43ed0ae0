/** The places of a chat, rooms and conversations with one person, each with what is unread there. */

import type { Item, Target } from "../../core/chat/items.ts";
import { fold } from "../../protocol/mod.ts";
import { Timeline } from "./timeline.ts";

/** A room, or what is said between two people. */
export interface Place {
  readonly key: string;
  readonly target: Target;
  readonly timeline: Timeline;
  unread: number;
  mentions: number;
  /** Whether an answer to a question about its history is awaited. */
  isLoading: boolean;
  /** Whether its first unread message is to be brought into sight. */
  opensAtMark: boolean;
}

/** Whether a place is a room. */
export function isRoom({ target }: Place): boolean {
  return "room" in target;
}

/** A place's name, as it was last written. */
export function nameOf(target: Target): string {
  return "room" in target ? target.room : target.to;
}

/** The key of a target: a room and a person may have one name. */
export function keyOf(target: Target): string {
  return "room" in target ? `room ${fold(target.room)}` : `person ${fold(target.to)}`;
}

/** Where a person is who is in no room. */
export function lobby(): Place {
  const place = new Places().of({ room: "" });
  place.timeline.isWhole = true;
  return place;
}

/** All places by key, in the order in which they came. */
export class Places {
  readonly all: Map<string, Place> = new Map();

  /** The place of a target, added if it is new. */
  of(target: Target): Place {
    const key = keyOf(target);
    const known = this.all.get(key);
    if (known !== undefined) return known;
    const timeline = new Timeline();
    // The wire has no history of direct messages.
    if ("to" in target) timeline.isWhole = true;
    const place: Place = {
      key,
      target,
      timeline,
      unread: 0,
      mentions: 0,
      isLoading: false,
      opensAtMark: false,
    };
    this.all.set(key, place);
    return place;
  }

  /** The place in which an item belongs; `undefined` if it is shown wherever the person is. */
  placeOf(item: Item, self: string): Place | undefined {
    switch (item.kind) {
      case "message":
        return this.of({ room: item.message.room });
      case "mark":
        return this.of({ room: item.mark.room });
      case "failed":
        return this.of(item.target);
      case "direct": {
        const { sender, to } = item.direct;
        return this.of({ to: fold(sender) === fold(self) ? to : sender });
      }
      case "happened":
        return item.room === undefined ? undefined : this.of({ room: item.room });
    }
    return undefined;
  }

  /** All unread messages, and whether any of them calls the person; muted places do not count. */
  total(muted: ReadonlySet<string>): { unread: number; calls: boolean } {
    const heard = [...this.all.values()].filter(({ key }) => !muted.has(key));
    return {
      unread: heard.reduce((sum, { unread }) => sum + unread, 0),
      calls: heard.some((place) => place.mentions > 0 || (!isRoom(place) && place.unread > 0)),
    };
  }
}

/** The part of an address behind `#` that names a room. What follows a `?` in it is not the room's. */
export function roomInHash(hash: string): string | undefined {
  const [written = ""] = hash.replace(/^#/, "").split("?");
  try {
    return decodeURIComponent(written) || undefined;
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return undefined;
  }
}

/** The invitation code in the part of an address behind `#`, `#ROOM?code=CODE`. */
export function codeInHash(hash: string): string | undefined {
  const [, written = ""] = hash.split("?");
  return new URLSearchParams(written).get("code") || undefined;
}

/** The part of an address behind `#` for a place; a conversation has none. */
export function hashOf(place: Place): string {
  return isRoom(place) ? `#${encodeURIComponent(nameOf(place.target))}` : "";
}
