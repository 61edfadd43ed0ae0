import { assert, assertEquals } from "@std/assert";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Draft } from "../../../server/log/message_log.ts";
import { Appender } from "../../../server/log/sqlite/tables/append.ts";
import { MessageIndex } from "../../../server/log/sqlite/tables/search_index.ts";
import { Pruner } from "../../../server/log/sqlite/tables/prune.ts";
import { Queries } from "../../../server/log/sqlite/tables/queries.ts";
import { migrate } from "../../../server/log/sqlite/tables/schema.ts";
import { marks, opens, says, tells } from "../../fixtures/log.ts";
import { PURE } from "../../fixtures/pure.ts";

/** A database that records the statements prepared. */
class Recorded extends DatabaseSync {
  readonly sql = new Set<string>();

  override prepare(sql: string): StatementSync {
    this.sql.add(sql);
    return super.prepare(sql);
  }
}

/** SQLite's plan for a statement, line by line. */
function planOf(database: DatabaseSync, sql: string): string[] {
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
  return steps.map(({ detail }) => `${detail}`);
}

const DRAFTS: Draft[] = [
  opens("s1", "Alice", ["General"]),
  opens("s2", "Bob"),
  says("one", { session: "s1", ref: 1 }),
  says("one", { session: "s1", ref: 1 }),
  tells("two", { session: "s1", ref: 2 }),
  tells("two", { session: "s1", ref: 2 }),
  { kind: "topic", room: "General", topic: "Topic" },
  marks("Bob", 1),
  marks("Bob", 1, { ifNew: true }),
  { kind: "away", session: "s2", inboxSeen: 1, byServer: false },
  { kind: "quit", session: "s2" },
  opens("s3", "Carol"),
  { kind: "away", session: "s3", inboxSeen: 0, byServer: false },
];

Deno.test("nothing that the log asks or keeps reads a whole table", PURE, () => {
  using database = new Recorded(":memory:");
  migrate(database);
  const index = new MessageIndex(database);
  const queries = new Queries(database);
  database.sql.clear();
  new Appender(database, index).append(DRAFTS, { time: 1, at: 1 });
  queries.connected();
  queries.session("s1");
  queries.read({ room: "General", limit: 5, session: "s1" });
  queries.read({ room: "General", limit: 5, after: 1 });
  queries.inbox("s1", 0, 5);
  queries.search({ query: 'one two* "three four"', rooms: ["General"], from: "Alice", limit: 5 });
  queries.unread("Bob", ["General"]);
  new Pruner(database, { retainDays: 1, retainMessages: 1, sessionDays: 1 }).step(Date.now());
  const asked = [...database.sql].filter((sql) => !sql.startsWith("PRAGMA"));
  assert(asked.length > 25, `${asked.length} statements`);
  const scans = asked.flatMap((sql) =>
    planOf(database, sql)
      .filter((step) => /^SCAN (message|direct|session|read_mark)\b/.test(step))
      .map((step) => `${step}: ${sql}`)
  );
  assertEquals(scans, []);
  assert(planOf(database, "SELECT * FROM message WHERE text = ''").includes("SCAN message"));
});
