/// <reference lib="dom" />
/** A transport over WebSocket. */

import { type Dial, type Transport, UnusableServer } from "../core/session/transport.ts";
import { isLongerThan, LIMITS } from "../protocol/mod.ts";

/** Characters that may wait to be read: a browser's WebSocket cannot be read more slowly. */
const MOST_QUEUED = 16_777_216;

/** Milliseconds for which lines are taken without a pause: typing must not wait for a flood. */
const TURN = 8;

/** Milliseconds for a connection to open. */
const OPEN_TIMEOUT = 10_000;

/** Whether nobody on the way can read the link: passwords are taken over such a one only. */
export const isSecure = location.protocol === "https:" ||
  /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

/** Connects to the server of the page. */
export const dial: Dial = () => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/chat`);
  return new Promise((resolve, reject) => {
    const fail = () => {
      socket.close();
      reject(new Error(`Cannot reach the server at ${location.host}`));
    };
    const timer = setTimeout(fail, OPEN_TIMEOUT);
    const connection = new Connection(socket);
    socket.onopen = () => (clearTimeout(timer), resolve(connection));
    socket.addEventListener("close", () => (clearTimeout(timer), fail()));
  });
};

class Connection implements Transport {
  readonly isSecure = isSecure;
  readonly #socket: WebSocket;
  #queue: string[] = [];
  #queued = 0;
  #isOver = false;
  #problem: Error | undefined;
  #wake: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.close();
  }

  async *lines(): AsyncGenerator<string> {
    let began = performance.now();
    for (;;) {
      const lines = this.#queue;
      this.#queue = [];
      this.#queued = 0;
      for (const line of lines) {
        yield line;
        // The rest of a turn was not said once the link was closed on purpose.
        if (performance.now() - began < TURN) continue;
        await nextTask();
        began = performance.now();
      }
      if (this.#queue.length > 0) continue;
      if (this.#problem !== undefined) throw this.#problem;
      if (this.#isOver) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
      began = performance.now();
    }
  }

  send(line: string): void {
    // A frame holds whole lines; its end is a line's end.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(line.trimEnd());
  }

  close(): void {
    this.#isOver = true;
    this.#socket.close();
    this.#wake();
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    if (typeof data !== "string") return this.#fail("sends what is no text");
    this.#queued += data.length;
    if (this.#queued > MOST_QUEUED) return this.#fail("sends faster than this page can read");
    const lines = data.split("\n").filter((line) => line !== "");
    if (lines.some((line) => isLongerThan(line, LIMITS.line))) {
      return this.#fail("sends too long a line");
    }
    this.#queue.push(...lines);
    this.#wake();
  }

  #fail(what: string): void {
    this.#problem = new UnusableServer(`The server at ${location.host} ${what}`);
    this.close();
  }
}

/** Resolves in a later task, after what the person does meanwhile. */
function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => (port1.close(), resolve());
    port2.postMessage(undefined);
  });
}
