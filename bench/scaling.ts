/**
 * The meaning of the figures for a chat of real people: the capacity of one core, one
 * machine and ten, and the first bottleneck. Arithmetic on the measurements.
 */

/** The findings that scaling depends on; left out where not measured. */
export interface Basis {
  /** Deliveries per second of one core, for messages that come one by one. */
  apart?: number;
  /** The same for one room of 100 in which everyone sends without a pause. */
  oneRoom?: number;
  /** The same for many rooms of 10. */
  manyRooms?: number;
  /** Bytes on the wire per delivery. */
  bytesEach?: number;
  /** Messages per second to one disk. */
  durable?: number;
  /** Bytes of memory per idle connection. */
  idleEach?: number;
}

/** Seconds between two messages of one person in a lively room. */
const SECONDS_BETWEEN = 30;

/** People in such a room. */
const ROOM = 50;

/** Deliveries per second to each of them. */
const DELIVERIES_EACH = ROOM / SECONDS_BETWEEN;

/** Bytes per second of a 1 Gbit/s network card. */
const GIGABIT = 125e6;

/**
 * Bytes of overhead per delivery, each of which goes out alone to a person in a lively
 * room: Ethernet with its gap (38), IPv4 (20) and TCP with timestamps (32).
 */
const HEADERS = 90;

/** Bytes of free memory on a small machine. */
const MEMORY = 8e9;

/** The section's lines. */
export function scalingText(found: Basis): string[] {
  if (!isComplete(found)) return ["Not all of the rows for this section were measured."];
  const { apart, oneRoom, manyRooms, durable } = found;
  const people = apart / DELIVERIES_EACH;
  return [
    `The assumed people: each is in a room of ${ROOM} and says something every ` +
    `${SECONDS_BETWEEN} s, and so receives ${DELIVERIES_EACH.toFixed(1)} deliveries per second. ` +
    "Neither such people nor so many were measured: the figures extrapolate from the rows to a " +
    "core that does nothing else. Plan with half of them.",
    "",
    `- **One core** carries ${round(people)} people: ${round(apart)} deliveries/s, from the ` +
    "deliveries per CPU second in the row of latency. There, as in a room where someone speaks " +
    "now and then, each message is read and written alone. Under more load waiting messages are " +
    `handled together, and the core carries more, with more delay: ${round(manyRooms)} ` +
    `deliveries/s in many rooms of 10 and ${round(oneRoom)} in one room of 100, when all send ` +
    "without a pause.",
    "- **One machine** was not measured with more cores. All rules, reads and writes are one " +
    "thread: only the log's threads, garbage collection and the network's interrupts, which " +
    "share the one core here, could move to other cores. Several servers with a part of the " +
    "rooms each would use the rest.",
    `- **Ten machines** with a tenth of the rooms each would carry ${round(10 * people)}. Rooms ` +
    "share nothing; names, direct messages and sessions do, at a cost that no row measures. They " +
    "would need a log that is common to all machines, for which the interface `MessageLog` has " +
    "the place, but no implementation.",
    "",
    "The bottlenecks of one machine with one core for the server, by the number of such people:",
    "",
    ...limits(found).map(([people, what]) => `- ${round(people)}: ${what}`),
    "",
    "More machines do not help a single room, which belongs to one server: its deliveries are " +
    "its members times its messages. If a room of 10,000, which was not measured, had as many " +
    `as the one of 100, it would carry ${round(oneRoom / 10_000)} messages/s; the disk takes ${
      round(durable)
    }.`,
  ];
}

function isComplete(found: Basis): found is Required<Basis> {
  const { apart, oneRoom, manyRooms, bytesEach, durable, idleEach } = found;
  return [apart, oneRoom, manyRooms, bytesEach, durable, idleEach].every(Number.isFinite);
}

/** The number of people that each resource supports, the least first. */
function limits({ apart, bytesEach, durable, idleEach }: Required<Basis>): [number, string][] {
  const limits: [number, string][] = [
    [10_000, "`--max-connections`, unless it is set higher; and the system's `ulimit -n`"],
    [
      apart / DELIVERIES_EACH,
      "the one thread: beyond this, messages wait and are written together",
    ],
    [
      GIGABIT / (bytesEach + HEADERS) / DELIVERIES_EACH,
      `a network card of 1 Gbit/s, at ${Math.round(bytesEach)} bytes and ${HEADERS} of headers ` +
      "for each delivery",
    ],
    [durable * SECONDS_BETWEEN, "the disk, with `--sync full`"],
    [MEMORY / idleEach, "8 GB of memory, for their connections while they are idle"],
  ];
  return limits.sort(([one], [other]) => one - other);
}

/** Rounds to two digits, the precision of these figures. */
function round(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en");
}
