/** Health checks and metrics of a server, from before it starts until after it has stopped. */

import type { Answer } from "../web/answers.ts";
import { CONTENT_TYPE } from "./exposition.ts";
import type { Figures, Surroundings } from "./figures.ts";
import { LoopLag } from "./loop_lag.ts";
import { metricsText } from "./metrics.ts";
import type { OpsAddress } from "./ops_address.ts";
import { OpsListener } from "./ops_listener.ts";

/** Milliseconds that a scrape waits for the sizes of the log's files, behind appends to a slow disk. */
const LOG_TIMEOUT = 250;

/** A server that can be watched. */
export interface Watched extends Surroundings {
  readonly figures: () => Figures;
}

/** The operator's side of one server. */
export class Ops implements AsyncDisposable {
  readonly #listener: OpsListener;
  readonly #lag = new LoopLag();
  readonly #version: string;
  #watched: Watched | undefined;
  #isStopping = false;
  /** As they were at the last scrape that the log has answered in time. */
  #logBytes: Readonly<Record<string, number>> = {};

  /** Listens at once. `version` has the program's name before it. Throws as `Deno.listen` does. */
  constructor(address: OpsAddress, version: string) {
    this.#version = version.replace(/^\S+ /, "");
    try {
      this.#listener = new OpsListener(address, (path) => this.#respond(path));
    } catch (error) {
      this.#lag[Symbol.dispose]();
      throw error;
    }
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  /** Begins to answer for a server that accepts connections. */
  started(watched: Watched): void {
    this.#watched = watched;
  }

  /** Says from now on that the server stops. */
  stopping(): void {
    this.#isStopping = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lag[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  async #respond(path: string): Promise<Answer | undefined> {
    if (path === "/healthz") return { status: 200, body: "ok\n" };
    if (path === "/readyz") return this.#readiness();
    if (path !== "/metrics") return undefined;
    return { status: 200, body: await this.#metrics(), fields: { "content-type": CONTENT_TYPE } };
  }

  #readiness(): Answer {
    const reason = this.#isStopping ? "stopping" : this.#watched?.figures().notReady;
    if (this.#watched === undefined && !this.#isStopping) {
      return { status: 503, body: "starting\n" };
    }
    return reason === undefined
      ? { status: 200, body: "ready\n" }
      : { status: 503, body: `${reason}\n` };
  }

  async #metrics(): Promise<string> {
    await this.#readLogBytes();
    const watched = this.#watched;
    return metricsText(watched?.figures(), {
      version: this.#version,
      logBytes: this.#logBytes,
      certificateUntil: watched?.certificateUntil(),
      turns: this.#lag.seconds,
      now: Date.now(),
    });
  }

  async #readLogBytes(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LOG_TIMEOUT);
    const reading = this.#watched?.logBytes().then(
      (bytes) => void (this.#logBytes = bytes),
      () => {/* The log's failure is in the figures, and its last sizes are as good as any. */},
    );
    await Promise.race([reading, late]);
    clearTimeout(timer);
  }
}
