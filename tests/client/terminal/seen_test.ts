/** Messages are marked as read once somebody has seen them; the clock alone does not tell. */

import { assertEquals } from "@std/assert";
import { encode, type Event } from "../../../protocol/mod.ts";
import { type Received, TestClient } from "../../fixtures/test_client.ts";
import { terminalTest, Tmux } from "../../fixtures/tmux.ts";
import { acknowledgement } from "../../fuzz/events.ts";

/** The next request of `type`. */
async function next(client: TestClient, type: string): Promise<Received> {
  for (;;) {
    const request = await client.next();
    if (request === undefined) throw new Error(`The client never sent ${type}`);
    if (request.type === type) return request;
  }
}

terminalTest("messages in a hidden window are not read until a key or the focus", async (home) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using tmux = await Tmux.open(home);
  await tmux.startClient(`127.0.0.1:${listener.addr.port}`, "--name", "Alice");
  using client = new TestClient(await listener.accept());
  const answer = (event: Event) => client.write(encode(event));
  const say = (text: string, seq: number) =>
    answer({ type: "message", payload: { sender: "Bob", room: "General", text, seq, at: 1e12 } });
  await next(client, "connect");
  await answer(acknowledgement("Alice", "General"));
  await tmux.untilIn("General");
  await tmux.type("hello\r");
  const message = await next(client, "message");
  const payload = { code: "rate_limited", message: "", retry_after: 4_000 } as const;
  await answer({ type: "error", id: message.id ?? "", payload });
  // The seconds are counted where the read position is reported: a tick has passed since Enter.
  await tmux.untilSeen("waiting 3 s");
  await say("in a hidden window", 1);
  await tmux.untilSeen("in a hidden window");
  await tmux.untilSeen("waiting 1 s");
  await tmux.send("\x1b[O\x1b[24;80R");
  await say("behind another window", 2);
  await tmux.untilSeen("behind another window");
  await tmux.type("x");
  // The requests keep their order: the first is not for what came before.
  assertEquals((await next(client, "read")).payload, { room: "General", seq: 2 });
  await tmux.send("\x1b[I");
  await say("in front", 3);
  assertEquals((await next(client, "read")).payload, { room: "General", seq: 3 });
});
