/** Lets many peers attack a server at once, and examines the server afterwards. */

import { undoAtExit } from "../faults/leftovers.ts";
import { ServerProcess, UNLIMITED } from "../faults/server_process.ts";
import { HealthyPair } from "./healthy.ts";
import { type Level, scriptOf } from "./levels.ts";
import { Player, type Table } from "./player.ts";
import { canMeasure, type Cost, costOf } from "./process_cost.ts";
import type { Script } from "./script.ts";
import { faultsOfLog } from "./stored.ts";

/** Concurrent peers. */
const PEERS = 48;

/** The most memory that a server may take, in MiB, whatever it is sent. */
export const MEMORY_BOUND = 512;

/** A configuration of the attacked server. */
export interface Arena {
  name: string;
  /** Its share of a run's inputs. */
  share: number;
  isInFile: boolean;
  args: readonly string[];
}

/** The configurations. */
export const ARENAS: readonly Arena[] = [
  { name: "file", share: 0.7, isInFile: true, args: UNLIMITED },
  { name: "memory", share: 0.25, isInFile: false, args: UNLIMITED },
  // The default limits, except for one that few scripts would reach.
  { name: "limits", share: 0.05, isInFile: true, args: ["--message-burst", "50"] },
];

/** The result of one arena. */
export interface Outcome {
  arena: Arena;
  inputs: number;
  connections: number;
  seconds: number;
  /** Inputs by the level of mutation. */
  levels: Map<Level | "given", number>;
  /** Events to the peers, by type and error code. */
  heard: Map<string, number>;
  /** Acknowledged messages of the healthy clients. */
  acknowledged: number;
  cost: Cost | undefined;
  /** The findings as text. */
  findings: string[];
}

/** A source of scripts: the next one, or `undefined` at the end. */
export type Scripts = () => { level: Level | "given"; name: string; script: Script } | undefined;

/** Endless scripts from a seed, beginning with number `first`. */
export function scriptsOf(seed: number, first = 0): Scripts {
  let index = first;
  return () => {
    const number = index++;
    return { ...scriptOf(seed, number), name: `${seed}/${number}` };
  };
}

/** Plays scripts in an arena until `enough` inputs were sent or there are no more. */
export async function runArena(arena: Arena, scripts: Scripts, enough: number): Promise<Outcome> {
  const directory = Deno.makeTempDirSync({ prefix: "chat-fuzz-" });
  const isGone = undoAtExit(() => Deno.removeSync(directory, { recursive: true }));
  const data = `${directory}/chat.db`;
  const { args, isInFile } = arena;
  try {
    const server = await ServerProcess.start(isInFile ? { data, args } : { args });
    const game = new Game(arena, server);
    try {
      await game.play(scripts, enough);
    } finally {
      await server[Symbol.asyncDispose]();
    }
    const { outcome } = game;
    if (isInFile && outcome.findings.length === 0) {
      outcome.findings.push(...(faultsOfLog(data)).map((fault) => `in the log: ${fault}`));
    }
    return outcome;
  } finally {
    isGone();
    Deno.removeSync(directory, { recursive: true });
  }
}

/** A running arena. */
class Game {
  readonly outcome: Outcome;
  readonly #server: ServerProcess;
  readonly #table: Table;
  /** The current peers: the suspects if the server breaks. */
  readonly #playing = new Map<string, Script>();

  constructor(arena: Arena, server: ServerProcess) {
    this.#server = server;
    const heard = new Map<string, number>();
    this.outcome = {
      ...{ arena, inputs: 0, connections: 0, seconds: 0, acknowledged: 0, cost: undefined },
      ...{ levels: new Map(), heard, findings: [] },
    };
    this.#table = { port: server.port, tokens: [], heard };
  }

  async play(scripts: Scripts, enough: number): Promise<void> {
    const { outcome } = this;
    const started = performance.now();
    await using pair = new HealthyPair(this.#server.port);
    try {
      await pair.begin();
      await Promise.all(Array.from({ length: PEERS }, () => this.#playOn(scripts, enough)));
      outcome.seconds = (performance.now() - started) / 1000;
      const { findings } = await pair.end();
      outcome.findings.push(...findings.map(({ wrong, what }) => `${wrong}: ${what}`));
      outcome.acknowledged = pair.acknowledged;
    } catch (error) {
      this.#find(error instanceof Error ? error.stack ?? error.message : String(error));
    }
    await this.#close();
  }

  /** Plays one peer after another. */
  async #playOn(scripts: Scripts, enough: number): Promise<void> {
    while (this.outcome.inputs < enough && this.outcome.findings.length === 0) {
      const next = scripts();
      if (next === undefined) return;
      await this.#playOne(next);
    }
  }

  async #playOne({ name, level, script }: NonNullable<ReturnType<Scripts>>): Promise<void> {
    const { outcome } = this;
    this.#playing.set(name, script);
    const sent = (inputs: number) => {
      outcome.inputs += inputs;
      outcome.levels.set(level, (outcome.levels.get(level) ?? 0) + inputs);
    };
    try {
      const problem = await Player.play(this.#table, script, sent);
      if (problem !== undefined) this.#find(`to ${name} the server sent ${problem}`);
      outcome.connections++;
    } catch (error) {
      this.#find(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (this.#server.complaints !== "") this.#find("the server logged an error");
    this.#playing.delete(name);
  }

  /** The server must answer, stop when asked, and have logged no error. */
  async #close(): Promise<void> {
    const { outcome } = this;
    try {
      if (canMeasure) outcome.cost = costOf(this.#server.pid);
      const code = await this.#server.stop();
      if (code !== 0) this.#find(`the server stopped with exit code ${code}`);
    } catch (error) {
      this.#find(`the server is gone: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (this.#server.complaints !== "") {
      this.#find(`the server complained: ${this.#server.complaints.slice(0, 2000)}`);
    }
    const { peak = 0 } = outcome.cost ?? {};
    if (peak > MEMORY_BOUND) this.#find(`the server came to hold ${Math.round(peak)} MiB`);
  }

  #find(what: string): void {
    const suspects = this.#playing.size === 0
      ? ""
      : `; playing: ${[...this.#playing.keys()].join(" ")}`;
    this.outcome.findings.push(what + suspects);
  }
}
