/** docs/import.md: every script in it, run on samples of what other programs write. */

import { assertEquals } from "@std/assert";
import { openToRead } from "../../server/log/sqlite/file/read_only.ts";
import { verifyLog } from "../../server/log/sqlite/verify.ts";
import { OperatorHome, scriptsOf } from "../fixtures/operator_home.ts";
import { hasProgram } from "../fixtures/process.ts";

const page = await Deno.readTextFile(new URL("../../docs/import.md", import.meta.url));
const samples = new URL("../fixtures/import/", import.meta.url).pathname;

/** The messages that are to come of the samples: room, seq, sender, text, at. */
const EXPECTED = [
  ["tea", 1, "alice", "hello: all\twith a tab", Date.parse("2026-01-01T12:00:01Z")],
  ["tea", 2, "bob_", "hi", Date.parse("2026-01-01T12:00:03Z")],
  ["tea-znc", 1, "alice", "hello <all>", Date.parse("2026-01-01T12:00:01Z")],
  ["tea-znc", 2, "bob|away", "good night", Date.parse("2026-01-01T23:59:59Z")],
  [
    "general",
    1,
    "Alice",
    "Hi @Bob Cratchit, see the plan (https://example.org/a?b=1&c=2) & https://example.org: 1 < 2",
    1767225601000,
  ],
  ["general", 2, "Bob Cratchit", "Two\nlines", 1767312000000],
  ["general", 3, "deploy", "Deployed > done", 1767312001000],
  ["tea-party", 1, "alice", "Why is a raven like a writing-desk?", 1767225600000],
  ["tea-party", 2, "hatter", "No room! No room!", 1767225603000],
  ["tea-party", 3, "hatter", "I haven't the slightest idea", 1767225610000],
];

/** The messages of an export. */
function messagesIn(lines: string): unknown[] {
  return lines.split("\n").filter((line) => line.includes('"message"')).map((line) =>
    JSON.parse(line)
  )
    .filter(({ type }) => type === "message")
    .map(({ payload: { room, seq, sender, text, at } }) => [room, seq, sender, text, at]);
}

Deno.test({
  name:
    "docs/import.md's scripts bring IRC, Slack and Mattermost, and one server's export to another",
  ignore: Deno.build.os === "windows" || !await hasProgram("jq"),
  async fn() {
    using home = new OperatorHome();
    await home.run(`cp -R '${samples}'* .`);
    for (const script of scriptsOf(page)) await home.run(script);
    assertEquals(messagesIn(await home.run("chat-server export")), EXPECTED);
    assertEquals(
      messagesIn(await home.run("chat-server export --data other.db")),
      EXPECTED.filter(([room]) => room === "tea"),
    );
    using database = openToRead(home.log);
    assertEquals(verifyLog(database).problems, []);
  },
});
