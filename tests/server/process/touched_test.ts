import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { OtherProgram } from "../../fixtures/other_program.ts";
import type { TestClient } from "../../fixtures/test_client.ts";
import { hasProgram, serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";

function serve(path: string): Promise<ServerProcess> {
  return ServerProcess.serve(path, "--message-rate", "0");
}

/** Sends `count` messages, all of which must be acknowledged. */
async function say(peer: TestClient, count: number): Promise<void> {
  const lines = upTo(count).map((n) =>
    JSON.stringify({ type: "message", payload: { text: `${n}` } })
  );
  await peer.write(lines.map((line) => `${line}\n`).join(""));
  const events = await peer.settled();
  const refusals = events.flatMap(({ type, payload }) => type === "error" ? payload.message : []);
  assertEquals(refusals, []);
  assertEquals(events.filter(({ type }) => type === "message").length, count);
}

async function stop(server: ServerProcess): Promise<{ code: number; last: string }> {
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended();
  return { code, last: stderr.at(-1) ?? "" };
}

/** The number of messages that a server finds in the file. */
async function countIn(path: string): Promise<number> {
  await using server = await serve(path);
  using bob = await server.join("Bob");
  return bob.ack.rooms[0].seq;
}

Deno.test("a server whose WAL is deleted after it was read has all 600 messages after its stop", async () => {
  using directory = new Directory();
  {
    await using server = await serve(directory.file());
    using alice = await server.join("Alice");
    await say(alice, 600);
    await alice.send("history", { room: "General" });
    await alice.receive("history");
    Deno.removeSync(directory.file("chat.db-wal"));
    assertEquals((await stop(server)).code, 0);
  }
  assertEquals(await countIn(directory.file()), 600);
});

Deno.test("a server whose file is deleted saves all of it, says where, and does not exit with 0", async () => {
  using directory = new Directory();
  const saved = directory.file("chat.db-saved");
  {
    await using server = await serve(directory.file());
    using alice = await server.join("Alice");
    await say(alice, 100);
    Deno.removeSync(directory.file());
    const { code, last } = await stop(server);
    assertEquals(code, 1);
    assertStringIncludes(last, `The log ${directory.file()} is gone`);
    assertStringIncludes(last, `is in ${saved}: move that to ${directory.file()}`);
  }
  assertEquals(await countIn(saved), 100);
});

Deno.test("a server whose file was deleted starts on no empty log, also after a crash", async () => {
  using directory = new Directory();
  const saved = directory.file("chat.db-saved");
  {
    await using server = await serve(directory.file());
    using alice = await server.join("Alice");
    await say(alice, 100);
    Deno.removeSync(directory.file());
    await alice.send("message", { text: "refused" });
    await alice.receive("error");
    assertStringIncludes(await server.stderr.until("append failed"), `is gone`);
    await server.crash();
  }
  {
    await using server = new TestProcess(serverCommand("--data", directory.file(), "--port", "0"));
    const { code, stderr } = await server.ended();
    assertEquals([code, stderr.length], [1, 1]);
    assertStringIncludes(stderr[0] ?? "", `move ${saved} to ${directory.file()}`);
  }
  Deno.renameSync(saved, directory.file());
  assertEquals(await countIn(directory.file()), 100);
});

Deno.test("a server whose file was cut to nothing does not say that it is whole", async () => {
  using directory = new Directory();
  await using server = await serve(directory.file());
  using alice = await server.join("Alice");
  await say(alice, 40);
  while (Deno.statSync(directory.file("chat.db-wal")).size > 0) await alice.settled();
  // A search asks the writer first, which has taken note of its checkpoint by then.
  await alice.send("search", { query: "nothing" });
  await alice.receive("search");
  Deno.truncateSync(directory.file());
  const { code, last } = await stop(server);
  assertEquals(code, 1);
  assertStringIncludes(last, "what was acknowledged may be missing in it");
});

Deno.test("a server takes messages while its file is put in order, and before and after", async () => {
  using directory = new Directory();
  await using server = await serve(directory.file());
  using alice = await server.join("Alice");
  await using other = await OtherProgram.open(directory.file());
  for (
    const sql of ["VACUUM", "REINDEX", "PRAGMA wal_checkpoint(TRUNCATE)", "DROP INDEX message_ref"]
  ) {
    await say(alice, 20);
    assertEquals(await other.run(sql), "done");
    await say(alice, 20);
  }
  await other.close();
  assertEquals((await stop(server)).code, 0);
  assertEquals(await countIn(directory.file()), 160);
});

/** Harmless acts of operators, backups and their sqlite3: none takes anything away. */
const HARMLESS = [
  "touch chat.db",
  "touch -d 2001-01-01 chat.db chat.db-wal chat.db-shm",
  "chmod 640 chat.db",
  "ln chat.db chat.db.link",
  "cp -p chat.db copy && cp -p copy chat.db",
  "dd if=chat.db of=chat.db bs=4096 conv=notrunc",
  "sqlite3 chat.db '.timeout 9999' '.backup backup.db'",
  "sqlite3 chat.db .dump",
  // Debian's sqlite3 is built without what it needs.
  "sqlite3 chat.db .recover || true",
  `sqlite3 -readonly chat.db "VACUUM INTO 'vacuumed.db'"`,
  "sqlite3 chat.db '.timeout 9999' 'PRAGMA optimize; ANALYZE; REINDEX'",
  "sqlite3 chat.db '.timeout 9999' 'PRAGMA wal_checkpoint(RESTART)' && touch chat.db",
  "sqlite3 chat.db '.timeout 9999' VACUUM && touch chat.db",
];

Deno.test({
  name:
    "a server takes messages after everything that operators do to its file, and has them after a crash",
  ignore: Deno.build.os === "windows" || !(await hasProgram("sqlite3")),
  async fn() {
    using directory = new Directory();
    await using server = await serve(directory.file());
    using alice = await server.join("Alice");
    for (const command of HARMLESS) {
      await say(alice, 5);
      while (Deno.statSync(directory.file("chat.db-wal")).size > 0) await alice.settled();
      // The writer answers this once it has seen what its own checkpoint did.
      await alice.send("search", { query: "nothing" });
      await alice.receive("search");
      const shell = new Deno.Command("sh", {
        args: ["-c", command],
        cwd: directory.path,
        stdout: "null",
        stderr: "piped",
      });
      const { success, stderr } = await shell.output();
      assert(success, `${command}: ${new TextDecoder().decode(stderr)}`);
      await say(alice, 5);
    }
    await server.crash();
    assertEquals(await countIn(directory.file()), 10 * HARMLESS.length);
  },
});

Deno.test("a copy of the file of a quiet server has all that was said", async () => {
  using directory = new Directory();
  await using server = await serve(directory.file());
  using alice = await server.join("Alice");
  await say(alice, 3);
  while (Deno.statSync(directory.file("chat.db-wal")).size > 0) await alice.settled();
  const { success } = new Deno.Command("cp", {
    args: [directory.file(), directory.file("copy.db")],
  }).outputSync();
  assert(success);
  assertEquals(await countIn(directory.file("copy.db")), 3);
});

Deno.test("a server does not start on a copy that lacks messages, and says how to mend it", async () => {
  using directory = new Directory();
  {
    await using server = await serve(directory.file());
    using alice = await server.join("Alice");
    await say(alice, 50);
    assertEquals((await stop(server)).code, 0);
  }
  using database = new DatabaseSync(directory.file());
  database.exec("DELETE FROM message WHERE id & 4294967295 > 40");
  database.close();
  await using server = new TestProcess(serverCommand("--data", directory.file(), "--port", "0"));
  const { code, stderr: [reason = "", ...more] } = await server.ended();
  assertEquals([code, more], [1, []]);
  assertMatch(reason, /^chat-server: Cannot open the log \S+: it is damaged .*$/);
  assertStringIncludes(reason, `sqlite3 ${directory.file()} .recover`);
  const mend = /"(UPDATE room SET seq = 40 WHERE id = 1)"/.exec(reason)?.[1];
  assert(mend !== undefined);
  using mended = new DatabaseSync(directory.file());
  mended.exec(mend);
  mended.close();
  assertEquals(await countIn(directory.file()), 40);
});
