// Requests → effects: the rules, without any input or output.

import type { Request } from "../protocol/mod.ts";
import { Hub } from "../server/hub/hub.ts";
import { TEXT } from "./text.ts";

/** A hub with one room of so many members. */
function hubWith(members: number): { hub: Hub; link: object; leaveOne: () => void } {
  const hub = new Hub("chat-server bench", { rooms: [], sessions: [], claims: [] }, 0);
  const links = Array.from({ length: members }, () => ({}));
  for (const [index, link] of links.entries()) connect(hub, link, `c${index}`);
  const guest = {};
  const leaveOne = () => {
    connect(hub, guest, "guest");
    if (hub.sessionOf(guest) === undefined) throw new Error("The guest was not let in");
    hub.handle(guest, { type: "quit", payload: {} }, 0);
    // Or it would be refused the next time: a link has one session in its life.
    hub.forget(guest);
  };
  return { hub, link: links[0] ?? {}, leaveOne };
}

function connect(hub: Hub, link: object, name: string): void {
  const request = { type: "connect", payload: { name, room: "General", version: 2 } } as const;
  hub.connect(link, request, { token: name, tokenHash: `hash of ${name}` }, 0);
}

const small = hubWith(10);
const large = hubWith(1000);
const message: Request<"message"> = { type: "message", payload: { room: "General", text: TEXT } };

Deno.bench("Hub.handle() a message in a room of 10", { group: "message" }, () => {
  small.hub.handle(small.link, message, 0);
});

Deno.bench("Hub.handle() a message in a room of 1000", { group: "message" }, () => {
  large.hub.handle(large.link, message, 0);
});

Deno.bench("Hub: one comes and goes in a room of 10", { group: "arrival" }, () => {
  small.leaveOne();
});

Deno.bench("Hub: one comes and goes in a room of 1000", { group: "arrival" }, () => {
  large.leaveOne();
});
