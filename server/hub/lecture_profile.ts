/**
 * Events in the lecture profile, which has the four types of the lecture and no others: what a
 * person would want to know becomes the text of a `notification`, the rest is left out.
 */

import type { Event, Events, EventType } from "../../protocol/mod.ts";

type Wording = { [Type in EventType]: (event: Event<Type>) => Event | undefined };

const WORDING: Wording = {
  // The lecture's acknowledgment has one field; a session and its token are of no use here.
  connect_ack: ({ payload }) => ({ type: "connect_ack", payload: { message: payload.message } }),
  message: (event) => event,
  notification: (event) => event,
  direct: ({ payload: { sender, to, text } }) => notification(`${sender} to ${to}: ${text}`),
  error: ({ payload: { message, ...rest } }) => notification(message, { event: "error", ...rest }),
  topic: ({ payload: { room, topic } }) =>
    notification(topic === "" ? `${room} has no topic.` : `The topic of ${room} is: ${topic}`, {
      room,
    }),
  members: ({ payload: { room, members, more } }) =>
    notification(`In ${room}: ${members.join(", ")}${more ? ", …" : ""}`, { room }),
  rooms: ({ payload: { rooms, more } }) => {
    const listed = rooms.map(({ room, members }) => `${room} (${members})`).join(", ");
    return notification(`Rooms: ${listed}${more ? ", …" : ""}`);
  },
  history: () => undefined,
  search: () => undefined,
  unread: () => undefined,
  sessions: ({ payload: { sessions } }) => {
    const listed = sessions.map(({ session, current, connected }) =>
      `${session}${current ? " (this one)" : connected ? "" : " (away)"}`
    );
    return notification(`Sessions: ${listed.join(", ")}`);
  },
  room: ({ payload: { room, access, owners } }) =>
    notification(
      `${room} is ${access === "invite" ? "invite-only" : access}` +
        `${owners.length === 0 ? "" : `; owned by ${owners.join(", ")}`}.`,
      { room },
    ),
  invite: ({ payload: { room, code } }) =>
    notification(`The invitation code to ${room} is: ${code}`, { room }),
  bans: ({ payload: { room, bans, more } }) => {
    const listed = bans.map(({ name, kind }) => `${name} (${kind})`).join(", ");
    return notification(`Bans in ${room}: ${listed || "none"}${more ? ", …" : ""}`, { room });
  },
  ping: () => undefined,
  pong: () => undefined,
};

/** `event` as a lecture client is sent it; `undefined` when there is no such form. */
export function toLectureEvent(event: Event): Event | undefined {
  const word = WORDING[event.type] as (event: Event) => Event | undefined;
  const worded = word(event);
  return worded === undefined || event.id === undefined ? worded : { ...worded, id: event.id };
}

function notification(
  message: string,
  more: Omit<Events["notification"], "message"> = {},
): Event<"notification"> {
  return { type: "notification", payload: { message, ...more } };
}
