import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { ClientProcess, Home } from "../../fixtures/client.ts";
import { Directory } from "../../fixtures/files.ts";
import { opens, says, tells, upTo, writeLog } from "../../fixtures/log.ts";
import { type Ended, serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";
import { canMount, SmallDisk } from "../../fixtures/small_disk.ts";
import type { TestClient } from "../../fixtures/test_client.ts";

/** Runs `chat-server` with the permissions that it is compiled with. */
async function run(...args: string[]): Promise<Ended> {
  await using process = new TestProcess(serverCommand(...args));
  return await process.finish();
}

/** Runs it where it must succeed. */
async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  assertEquals([code, stderr], [0, []], args.join(" "));
  return stdout.join("\n");
}

/** The texts in a log. */
async function textsIn(path: string): Promise<string[]> {
  const lines = (await succeed("export", "--data", path)).split("\n").slice(1);
  return lines.map((line) => JSON.parse(line).payload.text);
}

function names(directory: Directory): string[] {
  return [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort();
}

/** Says these texts in General. */
async function say(client: TestClient, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    await client.send("message", { room: "General", text });
    await client.receive("message");
  }
}

Deno.test("restore puts a backup in the place of the log, and keeps what was there", async () => {
  using home = new Home();
  const [data, copy] = [home.file("chat.db"), home.file("copy.db")];
  {
    await using server = await home.serve();
    using alice = await server.join("Alice");
    await say(alice, "One");
    await succeed("backup", copy, "--data", data);
    await say(alice, "Two");
    // Its last message may be in the WAL alone.
    await server.crash();
  }
  const said = await succeed("restore", copy, "--data", data);
  assertStringIncludes(said, `${data} is restored: 1 message, 1 room`);
  assertStringIncludes(said, `; what was there is in ${data}-replaced`);
  assertEquals((Deno.statSync(data).mode ?? 0) & 0o777, 0o600);
  assertEquals(await textsIn(data), ["One"]);
  assertEquals(await textsIn(`${data}-replaced`), ["One", "Two"]);
  await succeed("verify", data);
  assert(Deno.statSync(`${data}-clean`).isFile);
  // Another one has another name, and what is restored can be gone on with.
  assertStringIncludes(await succeed("restore", copy, "--data", data), `${data}-replaced-2`);
  await using server = await home.serve();
  using bob = await server.join("Bob");
  await say(bob, "Three");
  await succeed("verify", data);
});

Deno.test("restore makes the log where there is none, and takes a backup that stays as it was", async () => {
  using directory = new Directory();
  const copy = directory.file("copy.db");
  await writeLog(copy, says("One"));
  const before = Deno.readFileSync(copy);
  const data = directory.file("deep/chat.db");
  assertEquals((await succeed("restore", copy, "--data", data)).includes("replaced"), false);
  assertEquals(await textsIn(data), ["One"]);
  assertEquals(Deno.readFileSync(copy), before);
});

const REFUSED: [what: string, args: (directory: Directory) => string[], says: string][] = [
  ["no backup", (directory) => [directory.file("none.db")], "there is no such file"],
  ["a backup that is no log", (directory) => {
    Deno.writeTextFileSync(directory.file("text"), "Dear diary,\n".repeat(500));
    return [directory.file("text")];
  }, "file is not a database"],
  ["a damaged backup", (directory) => {
    using database = new DatabaseSync(directory.file("copy.db"));
    database.exec("DELETE FROM message WHERE text = 'Two'");
    return [directory.file("copy.db")];
  }, "1 of the messages from 1 to 3 are missing"],
  ["a backup of a newer release", (directory) => {
    using database = new DatabaseSync(directory.file("copy.db"));
    database.exec("PRAGMA user_version = 99");
    return [directory.file("copy.db")];
  }, "it was written by a newer chat-server"],
  ["the log itself", (directory) => [directory.file("chat.db")], "is the log itself"],
  [
    "a certificate that is not there",
    (directory) => [directory.file("copy.db"), "--with-tls"],
    "There is no",
  ],
];

Deno.test("restore of what is no whole backup changes nothing", async () => {
  for (const [what, args, says_] of REFUSED) {
    using directory = new Directory();
    await writeLog(directory.file("chat.db"), says("Here"));
    await writeLog(directory.file("copy.db"), says("One"), says("Two"), says("Three"));
    const given = args(directory);
    const before = names(directory);
    const { code, stdout, stderr } = await run("restore", ...given, "--data", directory.file());
    assertEquals([code, stdout], [1, []], what);
    assertStringIncludes(stderr.join("\n"), says_, what);
    assertEquals(names(directory).filter((name) => name !== "chat.db-lock"), before, what);
    assertEquals(await textsIn(directory.file()), ["Here"], what);
  }
});

Deno.test("restore refuses a log that a server uses", async () => {
  using directory = new Directory();
  await writeLog(directory.file("copy.db"), says("One"));
  await using server = await ServerProcess.serve(directory.file());
  const { code, stderr } = await run(
    "restore",
    directory.file("copy.db"),
    "--data",
    directory.file(),
  );
  assertEquals([code, stderr], [1, [
    `chat-server: Cannot replace the log ${directory.file()}: a server uses it; stop that one first`,
  ]]);
  using alice = await server.join("Alice");
  await say(alice, "Still here");
});

Deno.test("restore replaces no file that is not a log", async () => {
  for (
    const write of [
      (path: string) => Deno.writeTextFileSync(path, "Dear diary,\n".repeat(500)),
      (path: string) => {
        using database = new DatabaseSync(path);
        database.exec("CREATE TABLE recipe (name)");
      },
    ]
  ) {
    using directory = new Directory();
    await writeLog(directory.file("copy.db"), says("One"));
    write(directory.file());
    const before = Deno.readFileSync(directory.file());
    const { code, stderr } = await run(
      "restore",
      directory.file("copy.db"),
      "--data",
      directory.file(),
    );
    assertEquals([code, stderr], [1, [
      `chat-server: ${directory.file()} is no chat log: move it away, and restore again`,
    ]]);
    assertEquals(Deno.readFileSync(directory.file()), before);
  }
});

Deno.test("a damaged log is replaced, and kept", async () => {
  using directory = new Directory();
  const data = directory.file();
  await writeLog(directory.file("copy.db"), says("One"));
  await writeLog(data, ...upTo(500).map((number) => says(`text ${number}`)));
  {
    using file = Deno.openSync(data, { read: true, write: true });
    file.seekSync(8192, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(20_000).fill(0xa5));
  }
  const damaged = Deno.readFileSync(data);
  await succeed("restore", directory.file("copy.db"), "--data", data);
  assertEquals(await textsIn(data), ["One"]);
  assertEquals(Deno.readFileSync(`${data}-replaced`), damaged);
});

Deno.test("no server starts where the log was deleted and its WAL has the messages, and restore keeps that", async () => {
  using home = new Home();
  const data = home.file("chat.db");
  await writeLog(home.file("copy.db"), says("One"));
  {
    await using server = await home.serve();
    using alice = await server.join("Alice");
    await say(alice, "Only in the WAL");
    Deno.removeSync(data);
    await server.crash();
  }
  const wal = Deno.readFileSync(`${data}-wal`);
  assert(wal.length > 0);
  for (const args of [[], ["import"], ["passwd", "Bob", "--delete"]]) {
    const { code, stderr } = await run(...args, "--data", data);
    assertEquals(code, 1, args.join());
    assertStringIncludes(stderr.join("\n"), `${data}-wal has messages that were acknowledged`);
    assertEquals(Deno.readFileSync(`${data}-wal`), wal, args.join());
  }
  const said = await succeed("restore", home.file("copy.db"), "--data", data);
  assertStringIncludes(said, `${data}-replaced-wal`);
  assertEquals(Deno.readFileSync(`${data}-replaced-wal`), wal);
  assertEquals(await textsIn(data), ["One"]);
});

Deno.test({
  name: "a disk that is full during a restore leaves a clear line, and the log as it was",
  ignore: !canMount,
  async fn() {
    using directory = new Directory();
    await writeLog(directory.file("copy.db"), ...upTo(2000).map(() => says("x".repeat(500))));
    await using disk = await SmallDisk.mount(1_048_576) as SmallDisk;
    const data = `${disk.path}/chat.db`;
    await writeLog(data, says("Here"));
    const { code, stderr } = await run("restore", directory.file("copy.db"), "--data", data);
    assertEquals([code, stderr.length], [1, 1]);
    assertStringIncludes(stderr.join(), "No space left on device");
    assertEquals(await textsIn(data), ["Here"]);
    const left = [...Deno.readDirSync(disk.path)].map(({ name }) => name).sort();
    assertEquals(left.filter((name) => /partial|replaced/.test(name)), []);
  },
});

Deno.test("restore --with-tls brings the certificate back", async () => {
  using home = new Home();
  const data = home.file("chat.db");
  const fingerprintOf = async () => {
    await using server = new TestProcess(
      serverCommand("--data", data, "--port", "0", "--tls", "--tls-port", "0"),
    );
    return /fingerprint (\w+)/.exec(await server.stdout.until("fingerprint"))?.[1];
  };
  const before = await fingerprintOf();
  await succeed("backup", home.file("copy.db"), "--data", data, "--with-tls");
  Deno.removeSync(`${data}-tls`, { recursive: true });
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(data + suffix).catch(() => {});
  await succeed("restore", home.file("copy.db"), "--data", data, "--with-tls");
  assertEquals(await fingerprintOf(), before);
});

/** A log with five messages and a direct message for Alice, of which there is a backup; three and one more follow. */
async function backedUp(home: Home): Promise<Record<string, unknown>> {
  await using server = await home.serve();
  using bob = await server.join("Bob");
  using alice = await server.join("Alice");
  await bob.receive("notification");
  const speak = async (numbers: number[]) => {
    for (const number of numbers) {
      await bob.send("message", { text: `old ${number}` });
      await bob.receive("message");
      await alice.receive("message");
    }
    await bob.send("direct", { to: "Alice", text: `old direct ${numbers[0]}` });
    await bob.receive("direct");
    await alice.receive("direct");
  };
  await speak([1, 2, 3, 4, 5]);
  await succeed("backup", home.file("copy.db"), "--data", home.file());
  await speak([6, 7, 8]);
  const { session, timeline } = alice.ack;
  await server.crash();
  return { session, timeline, since: { General: 8 }, direct_since: 2 };
}

Deno.test("a client that returns late to a restored log is told, and misses none of the new messages", async () => {
  using home = new Home();
  const positions = await backedUp(home);
  await succeed("restore", home.file("copy.db"), "--data", home.file());
  await using server = await home.serve();
  using carol = await server.join("Carol");
  // More than Alice has seen, so that her numbers stand for others.
  await say(carol, "new 6", "new 7", "new 8", "new 9");
  await carol.send("direct", { to: "Alice", text: "new direct" });
  await carol.send("direct", { to: "Alice", text: "newer direct" });
  await carol.settled();
  using alice = await server.dial();
  await alice.connect("Alice", positions);
  assertEquals(alice.ack.resumed, true);
  assert(alice.ack.timeline !== positions["timeline"]);
  assertEquals([alice.ack.since, alice.ack.direct_since], [{ General: 5 }, 1]);
  const events = await alice.settled();
  const told = events.filter(({ payload }) => payload.event === "restored");
  assertEquals(told.map(({ payload }) => [payload.room, payload.seq]), [["General", 5]]);
  const texts = (type: string) =>
    events.filter((event) => event.type === type).map(({ payload }) => payload.text);
  assertEquals(texts("message"), ["new 6", "new 7", "new 8", "new 9"]);
  assertEquals(texts("direct"), ["new direct", "newer direct"]);
  // From then on she knows the new timeline, and is sent nothing twice.
  using again = await server.dial();
  const { timeline, session } = alice.ack;
  await again.connect("Alice", { timeline, session, since: { General: 9 }, direct_since: 3 });
  assertEquals(again.ack.since, undefined);
  const more = await again.settled();
  assertEquals(more.filter(({ type }) => type === "message" || type === "direct"), []);
});

Deno.test("a log that is restored again, or begun anew, knows what each client has in common with it", async () => {
  using home = new Home();
  const first = await backedUp(home);
  await succeed("restore", home.file("copy.db"), "--data", home.file());
  const second: Record<string, unknown> = { since: { General: 7 } };
  {
    await using server = await home.serve();
    using carol = await server.join("Carol");
    await say(carol, "new 6", "new 7");
    second["timeline"] = carol.ack.timeline;
    await succeed("backup", home.file("later.db"), "--data", home.file());
    await say(carol, "new 8");
  }
  await succeed("restore", home.file("later.db"), "--data", home.file());
  const sinceOf = async (server: ServerProcess, name: string, more: Record<string, unknown>) => {
    using client = await server.dial();
    const { since, timeline } = more;
    await client.connect(name, { since, timeline });
    return client.ack.since?.General;
  };
  {
    await using server = await home.serve();
    assertEquals(await sinceOf(server, "Dora", first), 5);
    assertEquals(await sinceOf(server, "Emil", { ...second, since: { General: 8 } }), 7);
    assertEquals(await sinceOf(server, "Finn", { ...second, since: { General: 6 } }), 6);
    // Of a timeline after the backup, which this log knows nothing of.
    assertEquals(await sinceOf(server, "Gina", { timeline: "no such", since: { General: 9 } }), 7);
  }
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(home.file() + suffix).catch(() => {});
  }
  await using server = await home.serve();
  using carol = await server.join("Carol");
  await say(carol, "anew");
  assertEquals(await sinceOf(server, "Dora", first), 0);
});

Deno.test("clients that stay open go on over a restore: they miss nothing and say what they had not", async () => {
  await using home = new Home();
  const first = await home.serve();
  const start = async (name: string) => {
    const args = [first.address, "--name", name, "--room", "General", "--json", "--retry", "60"];
    const client = new ClientProcess(home, args);
    await client.stdout.until('"connect_ack"');
    return client;
  };
  await using alice = await start("Alice");
  await using bob = await start("Bob");
  const message = (text: string) => JSON.stringify({ type: "message", payload: { text } });
  const speak = async (text: string) => {
    await bob.type(message(text));
    for (const client of [alice, bob]) await client.stdout.until(`"${text}"`);
  };
  await speak("kept");
  await succeed("backup", home.file("copy.db"), "--data", home.file());
  for (const text of ["lost 2", "lost 3", "lost 4"]) await speak(text);
  await first.crash();
  for (const client of [alice, bob]) await client.stdout.until('"offline"');
  await alice.type(message("typed while away"));
  await succeed("restore", home.file("copy.db"), "--data", home.file());
  {
    // Others are back before them, on another port, and say more than there was.
    await using meanwhile = await home.serve();
    using carol = await meanwhile.join("Carol");
    await say(carol, "new 2", "new 3", "new 4", "new 5");
  }
  await using _second = await home.serve(first.port);
  for (const client of [alice, bob]) {
    const seen: string[] = [];
    for (let line = ""; !line.includes('"typed while away"');) {
      line = await client.line();
      const { type, payload } = JSON.parse(line);
      if (payload?.event === "restored") seen.push(`restored ${payload.seq}`);
      if (type === "message") seen.push(payload.text);
    }
    assertEquals(seen, ["restored 1", "new 2", "new 3", "new 4", "new 5", "typed while away"]);
  }
  assertEquals(await textsIn(home.file()), [
    ...["kept", "new 2", "new 3", "new 4", "new 5", "typed while away"],
  ]);
});

Deno.test("restore notes where the rooms and the inboxes stand", async () => {
  using directory = new Directory();
  const copy = directory.file("copy.db");
  await writeLog(copy, opens("a", "Alice"), tells("One", { to: "Alice", sender: "Bob" }));
  await succeed("restore", copy, "--data", directory.file());
  using database = new DatabaseSync(directory.file(), { readOnly: true });
  const rows = database.prepare("SELECT rooms, inboxes FROM timeline ORDER BY id").all();
  assertEquals(rows.map(({ rooms, inboxes }) => [rooms, inboxes]), [
    ["[]", "[]"],
    ["[]", '[["a",1]]'],
  ]);
});
