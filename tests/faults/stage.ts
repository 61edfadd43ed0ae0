/** The setting of every fault: a directory, a server, randomness from its seed, and the oracle. */

import { openToRead } from "../../server/log/sqlite/file/read_only.ts";
import { verifyLog } from "../../server/log/sqlite/verify.ts";
import { exists } from "../../server/process/files.ts";
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

/** The oracle has findings. */
export class Wronged extends Broken {
  override name = "Wronged";
}

/** A fault cannot be made on this machine. */
export class Skipped extends Error {
  override name = "Skipped";
}

/** The clients that must have received everything before the oracle judges. */
type Present = readonly (Member | LectureMember)[];

/** One fault's run. */
export class Stage implements AsyncDisposable {
  readonly directory: string;
  readonly rounds: number;
  /** Whether to use the short form. */
  readonly isShort: boolean;
  readonly random: Random;
  readonly watch = new Watch();
  /** Remarks beside the verdict. */
  readonly remarks: string[] = [];
  /** The last verdict of the oracle. */
  verdict: Verdict = { acknowledged: 0, findings: [] };
  /** The completed rounds. */
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

  /** A random stream for each round, which ends when the next one is taken. */
  *eachRound(): Iterable<Random> {
    while (this.done < this.rounds) {
      yield Random.of(this.#seed, `round ${this.done + 1} ${this.random.next()}`);
      this.#verify();
      this.done++;
    }
  }

  /** The log's file. */
  get data(): string {
    return this.#starting.data;
  }

  /** Sets how servers are started from now on. */
  prepareServer(options: Partial<ServerOptions>): void {
    this.#starting = { ...this.#starting, ...options };
  }

  /** The port of the running server. */
  get port(): number {
    if (this.#server === undefined) throw new Error("No server runs");
    return this.#server.port;
  }

  /** Starts a server on the current log. */
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
   * Reads the new history of the rooms, waits until the clients in `present` have received
   * all of it and of their inboxes, and lets the oracle judge. Nothing may be in flight.
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

  /** Reads everything again, inboxes included, and judges. No client may be connected. */
  async auditAll(witnesses: readonly Witness[], accounts: readonly Account[]): Promise<void> {
    this.#history.clear();
    await readRooms(this.port, ROOMS, this.#history);
    for (const { name, token } of accounts) {
      if (token === undefined) continue;
      this.#history.set(inboxOf(name), await readInbox(this.port, name, token));
    }
    this.#judge(witnesses);
  }

  /** The current history of a room. */
  async read(room: string): Promise<readonly Line[]> {
    await readRooms(this.port, ROOMS, this.#history);
    return this.#history.get(room) ?? [];
  }

  /** How often a message in history has an earlier time than the one before it. */
  backwardSteps(): number {
    const isBack = ({ at }: Line, index: number, lines: Line[]) => at < (lines[index - 1]?.at ?? 0);
    return [...this.#history.values()].reduce((sum, lines) => sum + lines.filter(isBack).length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killServer();
  }

  /** Verifies the log as `chat-server verify` does: after each round it must be whole. */
  #verify(): void {
    // Some faults have their logs in memory, or elsewhere.
    if (!exists(this.data)) return;
    const database = openToRead(this.data);
    try {
      const { problems } = verifyLog(database);
      if (problems.length > 0) throw new Wronged(`verify: ${problems.join("; ")}`);
    } finally {
      database.close();
    }
  }

  #judge(witnesses: readonly Witness[]): void {
    this.verdict = judge(witnesses, this.#history);
    const { findings } = this.verdict;
    if (findings.length > 0) throw new Wronged(describe(findings));
  }
}

/** The highest known `seq` in an inbox. */
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
