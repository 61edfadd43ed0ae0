/** Intervals go by the monotonic clock: the wall clock is there to show and to keep. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Link } from "../../../core/session/link.ts";
import type { Transport } from "../../../core/session/transport.ts";
import { encode } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

/** A server that acknowledges `connect` and then says nothing; what it was sent, and whether it was left. */
class Silent implements Transport {
  readonly isSecure = true;
  readonly sent: string[] = [];
  isClosed = false;
  #close: () => void = () => {};
  readonly #closed = new Promise<void>((resolve) => this.#close = resolve);

  async *lines(): AsyncGenerator<string> {
    yield encode({ type: "connect_ack", payload: { message: "" } });
    await this.#closed;
  }

  send(line: string): void {
    this.sent.push(JSON.parse(line).type);
  }

  close(): void {
    this.isClosed = true;
    this.#close();
  }
}

/** The clocks of the platform, set by hand. */
class Clocks implements Disposable {
  monotonic = 1_000;
  wall = Date.now();
  watch: () => void = () => {};
  readonly #real = {
    now: performance.now,
    date: Date.now,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };

  constructor() {
    performance.now = () => this.monotonic;
    Date.now = () => this.wall;
    globalThis.setInterval = ((watch: () => void) => (this.watch = watch, 0)) as never;
    globalThis.clearInterval = () => {};
  }

  [Symbol.dispose](): void {
    const { now, date, setInterval, clearInterval } = this.#real;
    performance.now = now;
    Date.now = date;
    Object.assign(globalThis, { setInterval, clearInterval });
  }
}

const jump = fc.constantFrom(0, 3_600_000, -3_600_000, 1e12, -1e12);

Deno.test(
  "a silent link is asked and given up by the time that passes, wherever the wall clock is set",
  PURE,
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jump, { minLength: 9, maxLength: 9 }), async (jumps) => {
        using clocks = new Clocks();
        const server = new Silent();
        const online = Promise.withResolvers<void>();
        const link = new Link({
          server: "chat.example",
          dial: () => Promise.resolve(server),
          retryFor: 0,
          hello: () => ({ type: "connect", payload: { name: "Alice" } }),
          report: ({ kind }) => kind === "line" ? online.resolve() : undefined,
          refused: () => Promise.resolve(undefined),
        });
        const running = link.run();
        await online.promise;
        await new Promise((resolve) => setTimeout(resolve));
        const seen = jumps.map((by) => {
          clocks.wall += by;
          clocks.monotonic += 5_000;
          clocks.watch();
          return server.isClosed ? "closed" : server.sent.length - 1;
        });
        link.stop();
        await running;
        assertEquals(seen, [0, 0, 0, 0, 1, 2, 3, 4, "closed"]);
      }),
      { numRuns: 20 },
    );
  },
);

/** Uses of the wall clock that show or keep a time: file, and how often. */
const SHOWN: Record<string, number> = {
  // The event that says when the next try comes.
  "client/lines/json_mode.ts": 1,
  // --timestamps.
  "client/lines/lines_mode.ts": 1,
  // The time beside the client's own lines.
  "client/terminal/app.ts": 2,
  // The time of notifications, and "offline since".
  "core/session/session.ts": 2,
};

Deno.test("the wall clock is read to show a time, and nowhere else", async () => {
  const root = new URL("../../../", import.meta.url);
  const found: Record<string, number> = {};
  const search = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}/${name}`;
      if (isDirectory) await search(path);
      else {
        const source = await Deno.readTextFile(new URL(path, root));
        const uses = source.match(/Date\.now|new Date\(\)/g)?.length ?? 0;
        if (uses > 0) found[path] = uses;
      }
    }
  };
  for (const folder of ["core", "client", "cli", "protocol"]) await search(folder);
  assertEquals(found, SHOWN);
});
