/** core/ as a library: a bot needs a transport, an outbox, and a view with one method. */

import { assertEquals } from "@std/assert";
import { dialer } from "../../client/net/connection.ts";
import type { Item } from "../../core/chat/items.ts";
import { Outbox } from "../../core/session/outbox.ts";
import { Session } from "../../core/session/session.ts";
import { startServer } from "../fixtures/server.ts";

/** A bot that answers "!ping" with "pong", in the room or alone. */
function startBot(port: number): Session {
  const session: Session = new Session({
    server: "the test's",
    dial: dialer({ hostname: "127.0.0.1", port }),
    name: "Bot",
    room: "General",
    outbox: Outbox.inMemory(),
    view: { show: (item) => answer(session, item) },
    retryFor: Infinity,
    context: 0,
  });
  return session;
}

function answer(session: Session, item: Item): void {
  if (item.kind === "message" && !item.own && item.message.text === "!ping") {
    session.say({ room: item.message.room }, "pong");
  }
  if (item.kind === "direct" && !item.own) session.say({ to: item.direct.sender }, "pong");
}

Deno.test("a bot is a session and a function", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  const bot = startBot(chat.port);
  const running = bot.run();
  assertEquals((await alice.receive("notification")).payload.name, "Bot");
  await alice.send("message", { room: "General", text: "!ping" });
  assertEquals((await alice.receive("message")).payload.text, "!ping");
  assertEquals((await alice.receive("message")).payload.text, "pong");
  await alice.send("direct", { to: "Bot", text: "psst" });
  assertEquals((await alice.receive("direct")).payload.text, "psst");
  assertEquals((await alice.receive("direct")).payload.text, "pong");
  await bot.leave();
  assertEquals(await running, undefined);
});
