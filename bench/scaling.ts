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
  if (!isComplete(found)) return ["Not all of the rows that this rests on were measured."];
  const { apart, oneRoom, manyRooms, durable } = found;
  const people = apart / DELIVERIES_EACH;
  return [
    `People to count with: each is in a room of ${ROOM} and says something every ` +
    `${SECONDS_BETWEEN} s, and so is ${DELIVERIES_EACH.toFixed(1)} deliveries a second. Nobody ` +
    "measured such people, nor so many: what follows counts on from the rows, to a core that has " +
    "nothing else to do. Half of it is a sensible plan.",
    "",
    `- **One core** carries ${round(people)} people: ${round(apart)} deliveries/s, by what the ` +
    "row of latency took for each second that the server was running. There, as in a room where " +
    "someone speaks now and then, a message is read and written by itself. Where more is to do, " +
    `what waits is done together, and the core carries more, later: ${round(manyRooms)} ` +
    `deliveries/s in many rooms of 10 and ${round(oneRoom)} in one room of 100, when all talk ` +
    "without a pause.",
    "- **One machine** was not measured with more cores. Who is sent what, and every reading " +
    "and writing, is one thread: only the log's threads, the collection of garbage and the " +
    "network's interrupts, which share the one core here, could move to others. Several servers " +
    "with the rooms shared out would use the rest.",
    `- **Ten machines** with a tenth of the rooms each would carry ${round(10 * people)}. Rooms ` +
    "share nothing; names, direct messages and sessions do, and no row says what they cost. They " +
    "would need a log common to all machines, which the interface `MessageLog` has the place for " +
    "and nobody has written.",
    "",
    "What breaks first, on one machine with one core for the server, by how many such people it takes:",
    "",
    ...limits(found).map(([people, what]) => `- ${round(people)}: ${what}`),
    "",
    "More machines do not help a single room, which is one server's: its deliveries are its " +
    "members times its messages. If one of 10,000, which was not measured, did as many as the one " +
    `of 100, it would bear ${round(oneRoom / 10_000)} messages/s; the disk takes ${
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
      "the one thread: from here on messages wait, and are written together",
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
