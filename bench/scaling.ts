/**
 * What the figures mean for a chat of real people: what one core, one machine and
 * ten would carry, and what breaks first. Arithmetic on what was measured.
 */

/** What the rows found that scaling depends on; left out where it was not measured. */
export interface Basis {
  /** Deliveries a second of one core, in one room of 100. */
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
  const { oneRoom, manyRooms, durable } = found;
  const few = manyRooms / DELIVERIES_EACH;
  const many = oneRoom / DELIVERIES_EACH;
  return [
    `People to count with: each is in a room of ${ROOM} and says something every ` +
    `${SECONDS_BETWEEN} s, and so is ${DELIVERIES_EACH.toFixed(1)} deliveries a second. Rooms of ` +
    `${ROOM} lie between the two rows that were measured, many of 10 and one of 100: both are ` +
    "given. All is at saturation; half of it is a sensible plan.",
    "",
    `- **One core** carries ${round(manyRooms)} to ${round(oneRoom)} deliveries/s: ` +
    `${round(few)} to ${round(many)} people talking.`,
    "- **One machine** carries little more, however many cores it has: who is sent what is one " +
    "thread. The kernel's network, the log's worker and the collection of garbage, which share " +
    "the one core here, move to others. Several servers with the rooms shared out would use the rest.",
    `- **Ten machines** with a tenth of the rooms each carry ${round(10 * few)} to ` +
    `${round(10 * many)} people. Rooms share nothing; names, direct messages and sessions do. ` +
    "They are a small part of the traffic, and would need a log common to all machines, which " +
    "the interface `MessageLog` has the place for and nobody has written.",
    "",
    "What breaks first, on one machine, by how many such people it takes:",
    "",
    ...limits(found).map(([people, what]) => `- ${round(people)}: ${what}`),
    "",
    "A single room is the limit that no number of machines moves: its deliveries are its members " +
    `times its messages. One of 10,000 bears ${round(oneRoom / 10_000)} messages/s, and the ` +
    `${round(durable)} messages/s that the disk takes are out of its reach.`,
  ];
}

function isComplete(found: Basis): found is Required<Basis> {
  const { oneRoom, manyRooms, bytesEach, durable, idleEach } = found;
  return [oneRoom, manyRooms, bytesEach, durable, idleEach].every(Number.isFinite);
}

/** How many people each thing bears, the least first. */
function limits({ manyRooms, bytesEach, durable, idleEach }: Required<Basis>): [number, string][] {
  const limits: [number, string][] = [
    [10_000, "`--max-connections`, unless it is set higher; and the system's `ulimit -n`"],
    [manyRooms / DELIVERIES_EACH, "the one thread, by the row of small rooms"],
    [
      GIGABIT / (bytesEach + HEADERS) / DELIVERIES_EACH,
      `a network card of 1 Gbit/s, at ${Math.round(bytesEach)} bytes and ${HEADERS} of headers ` +
      "for each delivery",
    ],
    [durable * SECONDS_BETWEEN, "the disk, with `--sync full`"],
    [MEMORY / idleEach, "8 GB of memory, for their connections"],
  ];
  return limits.sort(([one], [other]) => one - other);
}

/** Two digits are all that these figures are worth. */
function round(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en");
}
