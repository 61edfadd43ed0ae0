/** Lets a server be misused by many peers at once, and looks at what that has done to it. */

import { undoAtExit } from "../faults/leftovers.ts";
import { ServerProcess, UNLIMITED } from "../faults/server_process.ts";
import { HealthyPair } from "./healthy.ts";
import { type Level, scriptOf } from "./levels.ts";
import { Player, type Table } from "./player.ts";
import { canMeasure, type Cost, costOf } from "./process_cost.ts";
import type { Script } from "./script.ts";
import { faultsOfLog } from "./stored.ts";

/** Peers at a time. */
const PEERS = 48;

/** MiB that a server may come to hold, however much it was sent. */
export const MEMORY_BOUND = 512;

/** A way to start the server that is misused. */
export interface Arena {
  name: string;
  /** How much of a run's inputs it gets. */
  share: number;
  isInFile: boolean;
  args: readonly string[];
}

/** The ways. */
export const ARENAS: readonly Arena[] = [
  { name: "file", share: 0.7, isInFile: true, args: UNLIMITED },
  { name: "memory", share: 0.25, isInFile: false, args: UNLIMITED },
  // The limits that it has unless it is told otherwise, but for one that few scripts would reach.
  { name: "limits", share: 0.05, isInFile: true, args: ["--message-burst", "50"] },
];

/** What came of one arena. */
export interface Outcome {
  arena: Arena;
  inputs: number;
  connections: number;
  seconds: number;
  /** Inputs by the level at which they were made. */
  levels: Map<Level | "given", number>;
  /** What the peers were sent, by type and error code. */
  heard: Map<string, number>;
  /** What the healthy clients had acknowledged. */
  acknowledged: number;
  cost: Cost | undefined;
  /** What should not be, in words. */
  findings: string[];
}

/** Where scripts come from: the next one, or `undefined` when there is nothing more to play. */
export type Scripts = () => { level: Level | "given"; name: string; script: Script } | undefined;

/** Endless scripts from a seed, until so many inputs were asked for. */
export function scriptsOf(seed: number, first = 0): Scripts {
  let index = first;
  return () => {
    const number = index++;
    return { ...scriptOf(seed, number), name: `${seed}/${number}` };
  };
}

/** Plays scripts in an arena until `enough` inputs were sent, or there are no more. */
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

/** One arena while it is played in. */
class Game {
  readonly outcome: Outcome;
  readonly #server: ServerProcess;
  readonly #table: Table;
  /** Who plays now: suspects, should the server break. */
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

  /** One peer after another. */
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

  /** The server must be well, stop when asked, and have said nothing. */
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
