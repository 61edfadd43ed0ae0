// Requests → effects: the rules, without input or output.

import type { Request } from "../protocol/mod.ts";
import type { ConnectionHandle } from "../server/hub/state/connection_handle.ts";
import { EMPTY_SNAPSHOT } from "../server/log/message_log.ts";
import { Hub } from "../server/hub/hub.ts";
import { TEXT } from "./text.ts";

/** A hub with one room of `members` members. */
function hubWith(
  members: number,
): { hub: Hub; connection: ConnectionHandle; leaveOne: () => void } {
  const hub = new Hub("chat-server bench", EMPTY_SNAPSHOT, 0);
  const connections = Array.from({ length: members }, () => ({ peer: "" }));
  for (const [index, connection] of connections.entries()) connect(hub, connection, `c${index}`);
  const guest = { peer: "" };
  const leaveOne = () => {
    connect(hub, guest, "guest");
    if (hub.directory.sessionOf(guest) === undefined) throw new Error("The guest was not let in");
    hub.handle(guest, { type: "quit", payload: {} }, 0);
    // A connection has one session in its life, so the next `connect` needs a new one.
    hub.forget(guest);
  };
  return { hub, connection: connections[0] ?? guest, leaveOne };
}

function connect(hub: Hub, connection: ConnectionHandle, name: string): void {
  const request = { type: "connect", payload: { name, room: "General", version: 2 } } as const;
  hub.connect(connection, request, { token: name, tokenHash: `hash of ${name}` }, 0);
}

const small = hubWith(10);
const large = hubWith(1000);
const message: Request<"message"> = { type: "message", payload: { room: "General", text: TEXT } };

Deno.bench("Hub.handle() a message in a room of 10", { group: "message" }, () => {
  small.hub.handle(small.connection, message, 0);
});

Deno.bench("Hub.handle() a message in a room of 1000", { group: "message" }, () => {
  large.hub.handle(large.connection, message, 0);
});

Deno.bench("Hub: one comes and goes in a room of 10", { group: "arrival" }, () => {
  small.leaveOne();
});

Deno.bench("Hub: one comes and goes in a room of 1000", { group: "arrival" }, () => {
  large.leaveOne();
});
