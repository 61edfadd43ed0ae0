/**
 * What the figures mean for a chat of real people: what one core, one machine and
 * ten would carry, and what breaks first. Arithmetic on what was measured.
 */

/** What the rows found that scaling depends on; left out where it was not measured. */
export interface Basis {
  /** Deliveries a second of one core, of messages that come one by one. */
  apart?: number;
  /** Those of one room of 100 where everyone talks without a pause. */
  oneRoom?: number;
  /** The same in many rooms of 10. */
  manyRooms?: number;
  /** Bytes on the wire for one delivery. */
  bytesEach?: number;
  /** Messages a second that one disk takes. */
  durable?: number;
  /** Bytes in memory for one idle connection. */
  idleEach?: number;
}

/** How often someone in a lively room says something: once in so many seconds. */
const SECONDS_BETWEEN = 30;

/** People in such a room. */
const ROOM = 50;

/** Deliveries a second that each of them is. */
const DELIVERIES_EACH = ROOM / SECONDS_BETWEEN;

/** Bytes a second of a network card of 1 Gbit/s. */
const GIGABIT = 125e6;

/**
 * What goes with each delivery, to people who hear one now and then and so get it by itself:
 * Ethernet with its gap (38), IPv4 (20) and TCP with timestamps (32).
 */
const HEADERS = 90;

/** Bytes of memory that a small machine has to spare. */
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

/** How many people each thing bears, the least first. */
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

/** Two digits are all that these figures are worth. */
function round(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en");
}
