/**
 * Two honest clients that talk to each other throughout, in a room where others
 * misbehave. In the end they must have seen everything once and in the same order.
 */

import { Account } from "../faults/account.ts";
import { readRooms } from "../faults/history.ts";
import { Member } from "../faults/member.ts";
import { type Line, type Note, Notebook, type Witness } from "../faults/notes.ts";
import { judge, type Verdict } from "../faults/oracle.ts";
import { Broken, Watch } from "../faults/waiting.ts";
import { HALL } from "./cast.ts";

/** Milliseconds between two messages of one of them. */
const PACE = 50;

const NAMES = ["Healthy Ada", "Healthy Bob"] as const;

/** The two clients. */
export class HealthyPair {
  readonly #port: number;
  readonly #members: Member[];
  #talking: ReturnType<typeof setInterval> | undefined;

  constructor(port: number) {
    this.#port = port;
    this.#members = NAMES.map((name) => {
      const options = { account: new Account(name), notebook: new Notebook(name), rooms: [HALL] };
      return new Member({ ...options, watch: new Watch() });
    });
  }

  /** The number of their acknowledged messages. */
  get acknowledged(): number {
    return this.#members.reduce((sum, { account }) => sum + account.acknowledged, 0);
  }

  /** Connects, and begins to talk. */
  async begin(): Promise<void> {
    for (const member of this.#members) {
      if (!await member.connect(this.#port)) throw new Broken("A healthy client was cut off");
    }
    this.#talking = setInterval(() => {
      for (const member of this.#members) member.say({ room: HALL }, "is fine");
    }, PACE);
  }

  /** Sends one more message, waits until both have seen everything, and lets the oracle judge. */
  async end(): Promise<Verdict> {
    clearInterval(this.#talking);
    for (const member of this.#members) member.say({ room: HALL }, "is still here");
    for (const member of this.#members) await member.drained();
    const history = new Map<string, Line[]>();
    await readRooms(this.#port, [HALL], history);
    const lines = history.get(HALL) ?? [];
    for (const member of this.#members) {
      await member.reached(HALL, lines.length);
      await member.settled();
    }
    return judgePair(this.#members.map(({ notebook }) => notebook), lines);
  }

  /** Closes both connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#talking);
    await Promise.all(this.#members.map((member) => member.disconnect()));
  }
}

/**
 * The oracle knows every text that is said, once. The messages of other peers in the room
 * are given to it with their `seq`, as said by them, so it checks their order too.
 */
function judgePair(pair: readonly Witness[], lines: readonly Line[]): Verdict {
  const isOurs = ({ sender }: Line) => pair.some(({ name }) => name === sender);
  const numbered = (line: Line): Line =>
    isOurs(line) ? line : { ...line, text: `${line.seq}: ${line.text}` };
  const witnesses = pair.map(({ name, notes }) => ({
    name,
    notes: notes.map((note) =>
      note.note === "shown" ? { ...note, line: numbered(note.line) } : note
    ),
  }));
  const kept = lines.map(numbered);
  const strangers = kept.filter((line) => !isOurs(line)).map(({ sender, text }): Witness => ({
    name: sender,
    notes: [{ note: "said", target: { room: HALL }, text } satisfies Note],
  }));
  return judge([...witnesses, ...strangers], new Map([[HALL, kept]]));
}
