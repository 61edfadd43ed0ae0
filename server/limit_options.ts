/**
 * The limits that keep peers from exhausting the server: their options, and the values that
 * these stand for. 0 lifts a limit.
 */

import { LIMITS } from "../protocol/mod.ts";
import { toggle, type Values, wholeNumber } from "../cli/options.ts";
import type { RoomLimits } from "./hub/state/room_limits.ts";
import type { ConnectionLimits } from "./limits/connection_limiter.ts";
import type { ConnectionRates } from "./limits/request_limiter.ts";
import { type MemoryBounds, memoryBounds } from "./limits/memory_guard.ts";
import type { Rate } from "./limits/token_bucket.ts";

/** More than any machine can serve. */
const MANY = 1_000_000_000;

/** Rooms that the log can number (see `SEQ_SPAN`): the most, even where there is no limit. */
const NUMBERED_ROOMS = 2_000_000;

/** Seconds' worth of new connections that an address may open at once, as a whole site does after an outage. */
const ARRIVALS_AT_ONCE = 10;

/** The options. */
export const LIMIT_OPTIONS = {
  "max-connections": wholeNumber("COUNT", 10_000, [0, MANY], "Connections at a time"),
  "max-connections-per-address": wholeNumber(
    "COUNT",
    256,
    [0, MANY],
    "Connections of one address, or of one /64 of IPv6",
  ),
  "connection-rate": wholeNumber(
    "COUNT",
    10,
    [0, MANY],
    `New connections a second of one address; ${ARRIVALS_AT_ONCE} times as many at once`,
  ),
  "limit-loopback": toggle("Hold this machine to the limits by address too"),
  "message-rate": wholeNumber(
    "COUNT",
    100,
    [0, MANY],
    "Messages a second of one connection; other requests count too, a search as 20",
  ),
  "message-burst": wholeNumber(
    "COUNT",
    500,
    [1, MANY],
    "Messages that one connection may send at once",
  ),
  "byte-rate": wholeNumber(
    "BYTES",
    250_000,
    [0, MANY],
    "Bytes a second that are read of one connection; the rest waits",
  ),
  "login-failures": wholeNumber(
    "COUNT",
    10,
    [0, MANY],
    "Wrong passwords of one address, or for one name, before each makes a longer wait",
  ),
  "max-rooms": wholeNumber(
    "COUNT",
    LIMITS.rooms,
    [0, LIMITS.rooms],
    `Rooms that one session may be in, ${LIMITS.rooms} at most`,
  ),
  "max-members": wholeNumber("COUNT", 10_000, [0, MANY], "Members of one room"),
  "max-rooms-in-all": wholeNumber(
    "COUNT",
    100_000,
    [0, NUMBERED_ROOMS],
    `Rooms that the server has, ${NUMBERED_ROOMS} at most`,
  ),
  "max-memory": wholeNumber(
    "MB",
    0,
    [0, MANY],
    "Memory of the process above which new work is refused; 0 for what the runtime can have",
  ),
} as const;

/** The values of the options; `Infinity` and `undefined` where there is no limit. */
export interface Limits {
  connections: ConnectionLimits;
  rates: ConnectionRates;
  /** Wrong passwords of one address, or for one name, that cause no wait. */
  loginFailures: number;
  roomLimits: RoomLimits;
  memory: MemoryBounds;
}

/** Bytes. */
const A_MEGABYTE = 1_000_000;

/** Reads the limits off the options. */
export function limitsOf(options: Values<typeof LIMIT_OPTIONS>): Limits {
  const arrivals = options["connection-rate"];
  const requests = options["message-rate"];
  const bytes = options["byte-rate"];
  return {
    connections: {
      total: options["max-connections"] || Infinity,
      perAddress: options["max-connections-per-address"] || Infinity,
      arrivals: rate(arrivals, arrivals * ARRIVALS_AT_ONCE),
      limitLoopback: options["limit-loopback"],
    },
    rates: {
      requests: rate(requests, options["message-burst"]),
      // One second's worth may come at once.
      bytes: rate(bytes, bytes),
    },
    loginFailures: options["login-failures"] || Infinity,
    roomLimits: {
      roomsOfSession: options["max-rooms"] || LIMITS.rooms,
      membersOfRoom: options["max-members"] || Infinity,
      rooms: options["max-rooms-in-all"] || NUMBERED_ROOMS,
    },
    memory: memoryBounds(options["max-memory"] * A_MEGABYTE || Infinity),
  };
}

function rate(perSecond: number, burst: number): Rate | undefined {
  return perSecond === 0 ? undefined : { perSecond, burst };
}
