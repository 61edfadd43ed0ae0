import { assertEquals } from "@std/assert";
import { Connection } from "../../../server/connection/connection.ts";
import type { Effect } from "../../../server/hub/effects.ts";
import { IoScheduler } from "../../../server/connection/io_scheduler.ts";
import { Pipeline } from "../../../server/delivery/pipeline.ts";
import { Room } from "../../../server/hub/state/room.ts";
import { Session } from "../../../server/hub/state/session.ts";
import { LoopTurns } from "../../../server/connection/event_loop.ts";
import { memoryLog, says } from "../../fixtures/log.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";

Deno.test("a client that falls behind in the middle of a tick gets the rest of it once", async () => {
  const log = memoryLog();
  await log.append([says("before", { room: "Music" })]);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using alice = await new Endpoint(listener.addr.port).dial();
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  const connection = new Connection(await listener.accept(), 1, scheduler);
  const session = new Session("Alice", { connection, since: 0 }, "hash of alice");
  const [general, music] = [new Room("General"), new Room("Music")];
  general.add(session, connection);
  music.seq = 1;
  const pipeline = new Pipeline(log, scheduler, () => {});
  const say = (text: string): Effect => {
    const origin = { connection: { peer: "" }, profile: "version 2", id: undefined } as const;
    const { members } = general;
    return { kind: "append message", draft: says(text), session, room: general, members, origin };
  };
  pipeline.push([{ kind: "subscribe", connection, session, room: general, since: undefined }]);
  await pipeline.flushed();
  // One tick: live, then behind because of another room, and more in the first.
  pipeline.push([
    say("one"),
    { kind: "subscribe", connection, session, room: music, since: 0 },
    say("two"),
  ]);
  await pipeline.flushed();
  await pipeline.replayed(connection);
  pipeline.push([say("three"), { kind: "close", connection }]);
  await pipeline.flushed();
  const heard = (await alice.rest()).filter(({ type }) => type === "message");
  assertEquals(heard.map(({ payload }) => payload.text).toSorted(), [
    "before",
    "one",
    "three",
    "two",
  ]);
  const inGeneral = heard.filter(({ payload }) => payload.room === "General");
  assertEquals(inGeneral.map(({ payload }) => payload.seq), [1, 2, 3]);
  connection.abort();
});

Deno.test("any number of effects can be pushed at once", async () => {
  using turns = await LoopTurns.open();
  const pipeline = new Pipeline(memoryLog(), new IoScheduler(turns), () => {});
  let carriedOut = 0;
  const effect: Effect = { kind: "barrier", resolve: () => carriedOut++ };
  pipeline.push(Array<Effect>(200_000).fill(effect));
  await pipeline.flushed();
  assertEquals(carriedOut, 200_000);
});
