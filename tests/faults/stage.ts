/** What every fault is given: a directory, a server, chance from its seed, and a judge. */

import type { Account } from "./account.ts";
import { readInbox, readRooms } from "./history.ts";
import { ROOMS } from "./load.ts";
import type { LectureMember } from "./lecture_member.ts";
import type { Member } from "./member.ts";
import { inboxOf, type Line, type Witness } from "./notes.ts";
import { type Finding, judge, type Verdict } from "./oracle.ts";
import { Random } from "./random.ts";
import { type ServerOptions, ServerProcess } from "./server_process.ts";
import { Broken, Watch } from "./waiting.ts";

/** What the oracle found is not nothing. */
export class Wronged extends Broken {
  override name = "Wronged";
}

/** A fault can't be made on this machine. */
export class Skipped extends Error {
  override name = "Skipped";
}

/** Those who must have been shown everything before the oracle is asked. */
type Present = readonly (Member | LectureMember)[];

/** One fault's run. */
export class Stage implements AsyncDisposable {
  readonly directory: string;
  readonly rounds: number;
  /** Whether it has to be quick. */
  readonly isShort: boolean;
  readonly random: Random;
  readonly watch = new Watch();
  /** What there is to tell beside the verdict. */
  readonly remarks: string[] = [];
  /** What the oracle said last. */
  verdict: Verdict = { acknowledged: 0, findings: [] };
  /** The rounds that are over. */
  done = 0;
  readonly #seed: number;
  readonly #history = new Map<string, Line[]>();
  #server: ServerProcess | undefined;
  #starting: ServerOptions & { data: string };

  constructor(
    fault: string,
    options: { seed: number; rounds: number; isShort: boolean; directory: string },
  ) {
    this.directory = options.directory;
    this.rounds = options.rounds;
    this.isShort = options.isShort;
    this.#seed = options.seed;
    this.random = Random.of(options.seed, fault);
    this.#starting = { data: `${options.directory}/chat.db` };
  }

  /** For each round a stream of chance of its own; it is over when the next is asked for. */
  *eachRound(): Iterable<Random> {
    while (this.done < this.rounds) {
      yield Random.of(this.#seed, `round ${this.done + 1} ${this.random.next()}`);
      this.done++;
    }
  }

  /** The log's file. */
  get data(): string {
    return this.#starting.data;
  }

  /** Says how servers are to be started from now on. */
  prepareServer(options: Partial<ServerOptions>): void {
    this.#starting = { ...this.#starting, ...options };
  }

  /** The port of the server that runs. */
  get port(): number {
    if (this.#server === undefined) throw new Error("No server runs");
    return this.#server.port;
  }

  /** Starts a server on the log that is there. */
  async startServer(): Promise<void> {
    this.#server = await ServerProcess.start(this.#starting);
  }

  /** Kills it. */
  async killServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.kill();
  }

  /** Asks it to stop; it must do so with exit code 0. */
  async stopServer(): Promise<void> {
    const code = await this.#server?.stop();
    this.#server = undefined;
    if (code !== 0) throw new Broken(`The server stopped with exit code ${code}`);
  }

  /**
   * Reads on in the rooms' history, waits until those who are `present` were shown
   * all of it and of their inboxes, and lets the oracle judge. Nothing may be under way.
   */
  async audit(witnesses: readonly Witness[], present: Present = []): Promise<void> {
    await readRooms(this.port, ROOMS, this.#history);
    for (const each of present) {
      for (const [room, lines] of this.#history) await each.reached(room, lines.length);
      const inbox = inboxOf(each.notebook.name);
      await each.reached(inbox, lastAnswered(witnesses, inbox));
      await each.settled();
    }
    this.#judge(witnesses);
  }

  /** Reads everything afresh, the inboxes too, and judges. No client may be connected any more. */
  async auditAll(witnesses: readonly Witness[], accounts: readonly Account[]): Promise<void> {
    this.#history.clear();
    await readRooms(this.port, ROOMS, this.#history);
    for (const { name, token } of accounts) {
      if (token === undefined) continue;
      this.#history.set(inboxOf(name), await readInbox(this.port, name, token));
    }
    this.#judge(witnesses);
  }

  /** All that a room's history has now. */
  async read(room: string): Promise<readonly Line[]> {
    await readRooms(this.port, ROOMS, this.#history);
    return this.#history.get(room) ?? [];
  }

  /** How often a message in history is of an earlier time than the one before it. */
  backwardSteps(): number {
    const isBack = ({ at }: Line, index: number, lines: Line[]) => at < (lines[index - 1]?.at ?? 0);
    return [...this.#history.values()].reduce((sum, lines) => sum + lines.filter(isBack).length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killServer();
  }

  #judge(witnesses: readonly Witness[]): void {
    this.verdict = judge(witnesses, this.#history);
    const { findings } = this.verdict;
    if (findings.length > 0) throw new Wronged(describe(findings));
  }
}

/** The `seq` of the last message that somebody knows to be in an inbox. */
function lastAnswered(witnesses: readonly Witness[], inbox: string): number {
  let last = 0;
  for (const { notes } of witnesses) {
    for (const note of notes) {
      if (note.note === "answered" && note.line.room === inbox) {
        last = Math.max(last, note.line.seq);
      }
    }
  }
  return last;
}

function describe(findings: readonly Finding[]): string {
  const first = findings.slice(0, 5).map(({ wrong, what }) => `${wrong}: ${what}`);
  return `${findings.length} findings, first ${first.join("; ")}`;
}
