/** Whole sessions over a store that takes its time, killed at any moment, with a real server. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { dialer } from "../../../client/net/connection.ts";
import { Outbox } from "../../../core/session/outbox.ts";
import { Session } from "../../../core/session/session.ts";
import type { Store } from "../../../core/session/store.ts";
import type { Transport } from "../../../core/session/transport.ts";
import type { View } from "../../../core/session/view.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { startServer } from "../../fixtures/server.ts";
import { SlowStore } from "../../fixtures/stores.ts";

/** A session that nobody sees. */
class Unseen implements View {
  #connect: () => void = () => {};
  readonly ready: Promise<void> = new Promise((resolve) => this.#connect = resolve);
  connected(): void {
    this.#connect();
  }
  show(): void {}
}

async function start(store: Store, port: number, name: string) {
  const transports: Transport[] = [];
  const dial = dialer({ hostname: "127.0.0.1", port });
  const recorded = async () => {
    const transport = await dial();
    transports.push(transport);
    return transport;
  };
  const view = new Unseen();
  const session = new Session({
    server: `127.0.0.1:${port}`,
    dial: recorded,
    name,
    room: name,
    outbox: await Outbox.open(store),
    view,
    retryFor: 0,
    context: 0,
  });
  const running = session.run();
  await view.ready;
  return { session, running, cut: () => transports.forEach((transport) => transport.close()) };
}

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve));
}

/** The texts in the log of a room. */
async function logOf(port: number, room: string): Promise<string[]> {
  using reader = await new Endpoint(port).join(`Reader of ${room}`, room);
  await reader.send("history", { room, limit: 500 });
  const { messages } = (await reader.receive("history")).payload;
  return messages.map(({ text }: { text: string }) => text);
}

Deno.test("what a slow store had when the program was killed is said once, in its order", async () => {
  await using chat = await startServer();
  const nat = fc.nat({ max: 4 });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(nat, { minLength: 1, maxLength: 12 }), nat, async (pauses, last) => {
      const name = `Alice ${++runs}`;
      let call = 0;
      const durations = () => pauses[call++ % pauses.length] ?? 0;
      const store = new SlowStore(durations);
      const first = await start(store, chat.port, name);
      // Before its token is kept, nothing is sent; and the name is held for two minutes.
      while (!store.text.includes("session")) await pause(1);
      for (const [index, turns] of pauses.entries()) {
        first.session.say({ room: name }, `text ${index}`);
        await pause(turns);
      }
      await pause(last);
      const left = store.cut();
      first.cut();
      const second = await start(new SlowStore(durations, left), chat.port, name);
      await second.session.settled(0);
      await second.session.leave();
      await second.running;
      // A rewritten journal no longer has what was acknowledged; none is that long here.
      const stored = pauses.map((_, index) => `text ${index}`).filter((text) =>
        left.includes(text)
      );
      assertEquals(await logOf(chat.port, name), stored);
    }),
    { numRuns: 30 },
  );
});
