import { assertEquals, assertRejects } from "@std/assert";
import { LogFailure } from "../../../server/log/message_log.ts";
import { IoScheduler } from "../../../server/connection/io_scheduler.ts";
import { PageCache, type RoomPage } from "../../../server/delivery/page_cache.ts";
import { Room } from "../../../server/hub/state/room.ts";
import { LoopTurns } from "../../../server/connection/event_loop.ts";
import { says, upTo } from "../../fixtures/log.ts";
import { PatchedLog } from "../../fixtures/patched_log.ts";

/** The pages of a log with `count` messages in General, and how often it was read. */
async function pagesOf(turns: LoopTurns, count: number) {
  const patched = new PatchedLog();
  const { inner, log } = patched;
  await inner.append(upTo(count).map((n) => says(`${n}`, { session: "s1", ref: n })));
  const room = new Room("General");
  room.seq = count;
  const reads = { count: 0, areFailing: false };
  patched.replace("read", (range) => {
    reads.count++;
    return reads.areFailing ? Promise.reject(new LogFailure("no disk")) : inner.read(range);
  });
  return { pages: new PageCache(log, new IoScheduler(turns)), room, reads, inner };
}

function seqsOf({ items }: RoomPage): number[] {
  return items.map(({ seq }) => seq);
}

Deno.test("a page is read once for all clients that are behind at the same place", async () => {
  using turns = await LoopTurns.open();
  const { pages, room, reads } = await pagesOf(turns, 450);
  const first = await Promise.all(upTo(50).map(() => pages.shared(room, 0)));
  const later = await pages.shared(room, 0);
  assertEquals(new Set([...first, later]).size, 1);
  assertEquals([seqsOf(later), later.more], [upTo(200), true]);
  const last = await pages.shared(room, 400);
  assertEquals([seqsOf(last), last.more, last.end], [upTo(450).slice(400), false, 450]);
  assertEquals(reads.count, 2);
  const lines = new TextDecoder().decode(last.lines).split("\n").slice(0, -1);
  assertEquals(lines.map((line) => JSON.parse(line).payload.seq), seqsOf(last));
});

Deno.test("a page that was not full is read again when more was said, a full one is not", async () => {
  using turns = await LoopTurns.open();
  const { pages, room, reads, inner } = await pagesOf(turns, 250);
  await pages.shared(room, 0);
  assertEquals(seqsOf(await pages.shared(room, 200)), upTo(250).slice(200));
  await inner.append([says("251")]);
  room.seq = 251;
  await pages.shared(room, 0);
  assertEquals(reads.count, 2);
  assertEquals(seqsOf(await pages.shared(room, 200)), upTo(251).slice(200));
});

Deno.test("a shared page has nobody's refs, a session's own has its own", async () => {
  using turns = await LoopTurns.open();
  const { pages, room } = await pagesOf(turns, 3);
  const refs = ({ items }: RoomPage) => items.map(({ ref }) => ref);
  assertEquals(refs(await pages.shared(room, 0)), [undefined, undefined, undefined]);
  assertEquals(refs(await pages.of("s1", room, 1)), [2, 3]);
  assertEquals(refs(await pages.of("s2", room, 1)), [undefined, undefined]);
});

Deno.test("a page that could not be read is asked for again", async () => {
  using turns = await LoopTurns.open();
  const { pages, room, reads } = await pagesOf(turns, 3);
  reads.areFailing = true;
  await assertRejects(() => pages.shared(room, 0), LogFailure);
  reads.areFailing = false;
  assertEquals(seqsOf(await pages.shared(room, 0)), [1, 2, 3]);
});
