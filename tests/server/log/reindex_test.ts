/** An older file's index is made anew while the log is used. */

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { ServerLog } from "../../../server/log/message_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { gist, openLog, says, upTo } from "../../fixtures/log.ts";

/** More than a search waits for. */
const MANY = 40_000;

/** A log with many messages of which the index has none. */
async function unindexed(path: string): Promise<void> {
  const { log } = await openLog(path);
  await log.append([says("ancient 天気"), ...upTo(MANY).map((n) => says(`old ${n}`))]);
  await log[Symbol.asyncDispose]();
  using database = new DatabaseSync(path);
  database.exec(`INSERT INTO message_index (message_index) VALUES ('delete-all');
    UPDATE room SET indexed = 0`);
}

async function search(log: ServerLog, query: string) {
  const found = await log.search({ query, rooms: ["General"], limit: 5 });
  if ("problem" in found) throw new Error(found.problem);
  return { texts: found.items.map(({ text }) => text), isIncomplete: found.isIncomplete };
}

Deno.test("a log is indexed in the background, and a search says while it is not complete", async () => {
  using directory = new Directory();
  await unindexed(directory.file());
  const { log } = await openLog(directory.file());
  assertEquals((await search(log, `old ${MANY}`)).isIncomplete, true);
  let appended = 0;
  for (;;) {
    const outcomes = await log.append([says(`new ${++appended}`)]);
    assertEquals(outcomes.map(gist), [MANY + 1 + appended]);
    const { texts, isIncomplete } = await search(log, "天気");
    if (isIncomplete !== undefined) continue;
    assertEquals(texts, ["ancient 天気"]);
    break;
  }
  // Others had their turns: it was not done in one go.
  assert(appended > 10, `${appended} appends`);
  for (const each of [`old ${MANY}`, `new ${appended}`]) {
    assertEquals(await search(log, each), { texts: [each], isIncomplete: undefined });
  }
  await log[Symbol.asyncDispose]();
});

Deno.test("a log goes on indexing where it was closed", async () => {
  using directory = new Directory();
  await unindexed(directory.file());
  let starts = 0;
  for (let isIncomplete: boolean | undefined = true; isIncomplete; starts++) {
    const { log } = await openLog(directory.file());
    for (let count = 0; count < 10; count++) await log.append([says("new")]);
    ({ isIncomplete } = await search(log, "天気"));
    await log[Symbol.asyncDispose]();
  }
  assert(starts > 1);
});
