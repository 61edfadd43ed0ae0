/** Accepts connections, as many as there are descriptors for. */

import { messageOf } from "../../cli/system_errors.ts";
import type { Listener, Socket } from "./connection.ts";
import { DescriptorLimit } from "../limits/descriptor_limit.ts";
import type { ConnectionCount } from "../limits/garbage.ts";
import type { Logger } from "../process/logger.ts";
import { type DescriptorReserve, shortageOf } from "../process/system_limits.ts";

/** Milliseconds to wait before accepting again after a failure. */
const PAUSE = 100;

/** The parts of an {@linkcode Acceptor}. */
export interface AcceptorOptions {
  /** The sources of connections, closed with the acceptor. */
  listeners: readonly Listener[];
  /** Descriptors to free when there are no others. */
  reserve: DescriptorReserve;
  /** The open connections. */
  connections: ConnectionCount;
  logger: Logger;
  onSocket(socket: Socket): void;
}

/** Accepts connections from its construction until it is closed. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #limit = new DescriptorLimit();
  readonly #accepting: Promise<unknown>;
  #failure: unknown;
  #isClosed = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#accepting = Promise.all(options.listeners.map((listener) => this.#accept(listener)));
  }

  /** Closes the listeners; resolves when no more connections come. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const listener of this.#options.listeners) listener.close();
    await this.#accepting;
  }

  /** Logs the end of a row of failures; to be called now and then. */
  noteRecovery(now: number): void {
    const connections = this.#options.connections.size;
    if (!this.#limit.hasRecovered(connections, now)) return;
    this.#options.logger.log("info", "accepting connections again", { connections });
  }

  async #accept(listener: Listener): Promise<void> {
    while (!this.#isClosed) {
      try {
        if (await this.#hasRoom()) this.#options.onSocket(await listener.accept());
      } catch (error) {
        if (this.#isClosed) return;
        if (error instanceof Deno.errors.ConnectionAborted) continue;
        // Such as a lack of descriptors, which must not end the server.
        this.#onFailure(error);
        await pause();
      }
    }
  }

  /** Whether another connection may be accepted; when not, only after a pause. */
  async #hasRoom(): Promise<boolean> {
    if (this.#limit.admits(this.#options.connections.size)) return true;
    this.#logFailure();
    await pause();
    return false;
  }

  #onFailure(error: unknown): void {
    this.#failure = error;
    const { connections, reserve } = this.#options;
    if (shortageOf(error)?.isOwn) this.#limit.learn(connections.size, reserve.release());
    this.#logFailure();
  }

  /** Logs the first of a row of failures: while their cause lasts, accepting fails ten times a second. */
  #logFailure(): void {
    if (!this.#limit.failed(performance.now())) return;
    const { advice } = shortageOf(this.#failure) ?? {};
    const fields = { connections: this.#options.connections.size, advice };
    const reason = messageOf(this.#failure);
    this.#options.logger.log("error", "cannot accept connections", { reason, ...fields });
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}
