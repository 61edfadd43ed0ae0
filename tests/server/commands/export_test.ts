import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Directory } from "../../fixtures/files.ts";
import { openLog, opens, says, tells, upTo, writeLog } from "../../fixtures/log.ts";
import { type Ended, serverCommand, ServerProcess } from "../../fixtures/process.ts";
import { canMount, SmallDisk } from "../../fixtures/small_disk.ts";
import type { Draft } from "../../../server/log/message_log.ts";
import { openToRead } from "../../../server/log/sqlite/file/read_only.ts";
import { verifyLog } from "../../../server/log/sqlite/verify.ts";

/** Runs `chat-server` with the permissions that it is compiled with, and this on stdin. */
async function run(args: string[], input = ""): Promise<Ended> {
  const [program, ...words] = serverCommand(...args);
  const process = new Deno.Command(program, {
    args: words,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  const writing = writer.write(new TextEncoder().encode(input)).then(() => writer.close())
    // It may have failed before it read all of it.
    .catch(() => {});
  const { code, stdout, stderr } = await process.output();
  await writing;
  const lines = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split("\n").slice(0, -1);
  return { code, stdout: lines(stdout), stderr: lines(stderr) };
}

/** What exporting the log at `path` prints. */
async function exported(path: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run(["export", "--data", path, ...args]);
  assertEquals([code, stderr], [0, []]);
  return stdout;
}

/** A line to import. */
function line(payload: Record<string, unknown>, type = "message"): string {
  return JSON.stringify({ type, payload }) + "\n";
}

/** A message to import, in General by Alice; `more` replaces fields. */
function said(text: string, more: Record<string, unknown> = {}): string {
  return line({ sender: "Alice", room: "General", text, at: 1767225600000, ...more });
}

const DRAFTS: Draft[] = [
  opens("bob", "Bob"),
  opens("alice", "Alice"),
  says("One"),
  says("Elsewhere", { room: "Tea", sender: "Zoë" }),
  { kind: "topic", room: "Tea", topic: 'Green, "hot"' },
  { kind: "topic", room: "Nothing said", topic: "Silence" },
  says("line one\nline two \u0000 \u{1F600} \u202e", { session: "alice", ref: 1 }),
  tells("a secret", { session: "alice", ref: 2 }),
  says("x".repeat(4096)),
];

Deno.test("export, import and export give the same bytes", async () => {
  using directory = new Directory();
  await writeLog(directory.file("a.db"), ...DRAFTS);
  const first = await exported(directory.file("a.db"));
  assertEquals(first.length, 7);
  const imported = await run(
    ["import", "--data", directory.file("b.db")],
    first.map((each) => each + "\n").join(""),
  );
  assertEquals([imported.code, imported.stderr], [0, []]);
  assertStringIncludes(imported.stdout.join(), "4 messages in 3 rooms were imported into");
  assertEquals(await exported(directory.file("b.db")), first);
  const file = directory.file("b.jsonl");
  assertEquals(await exported(directory.file("b.db"), file), []);
  assertEquals(Deno.readTextFileSync(file).split("\n").slice(0, -1), first);
  assertEquals((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
});

Deno.test("what was imported is read, searched and gone on with on a server", async () => {
  using directory = new Directory();
  const path = directory.file();
  const lines = [said("Old words"), said("Older words", { room: "Tea", seq: 41, sender: "Zoë" })];
  await run(["import", "--data", path], lines.join(""));
  await using server = await ServerProcess.serve(path);
  using bob = await server.join("Bob", "Tea");
  assertEquals(bob.ack.rooms, [{ room: "Tea", seq: 41 }]);
  await bob.send("history", { room: "Tea" });
  const { messages } = (await bob.receive("history")).payload;
  assertEquals(messages, [
    { sender: "Zoë", room: "Tea", text: "Older words", seq: 41, at: 1767225600000 },
  ]);
  await bob.send("search", { query: "older" });
  assertEquals((await bob.receive("search")).payload.messages.length, 1);
  await bob.send("message", { room: "Tea", text: "New words" });
  assertEquals((await bob.receive("message")).payload.seq, 42);
});

Deno.test("a log that was imported is whole, and starts without a check", async () => {
  using directory = new Directory();
  const path = directory.file();
  await run(["import", "--data", path], upTo(500).map((seq) => said(`${seq}`)).join(""));
  assert(Deno.statSync(`${path}-clean`).isFile);
  {
    using database = openToRead(path);
    assertEquals(verifyLog(database).problems, []);
  }
  const { log } = await openLog(path);
  await using _open = log;
  const found = await log.search({ query: "500", rooms: ["General"], limit: 1 });
  assert("items" in found && found.items.length === 1);
});

Deno.test("export takes one room, and what was said since a date", async () => {
  using directory = new Directory();
  const path = directory.file();
  const day = 86_400_000;
  const old = Date.parse("2026-01-01T00:00:00Z");
  const lines = upTo(4).map((seq) => said(`${seq}`, { at: old + seq * day }));
  await run(["import", "--data", path], [...lines, said("tea", { room: "Tea", at: old })].join(""));
  const texts = async (...args: string[]) =>
    (await exported(path, ...args)).slice(1).map((each) => JSON.parse(each).payload.text);
  assertEquals(await texts("--room", "gENERAL"), ["1", "2", "3", "4"]);
  assertEquals(await texts("--since", "2026-01-04"), ["3", "4"]);
  assertEquals(await texts("--since", "2026-01-04T00:00:01Z"), ["4"]);
  assertEquals(await texts("--since", "2026-01-03T23:00-02:00", "--room", "General"), ["4"]);
  const head = JSON.parse((await exported(path, "--since", "2026-01-04"))[0] ?? "");
  assertEquals([head.type, head.payload.messages, head.payload.at], ["export", 2, old + 4 * day]);
  const none = await run(["export", "--data", path, "--room", "Nowhere"]);
  assertEquals([none.code, none.stderr], [1, [
    'chat-server: There is no room "Nowhere" in the log',
  ]]);
  for (const date of ["yesterday", "2026-13-01", "2026-01-01T00:00"]) {
    assertEquals((await run(["export", "--data", path, "--since", date])).code, 2, date);
  }
});

Deno.test("a part of an export fills a room from its number on", async () => {
  using directory = new Directory();
  const lines = [said("Two", { seq: 2 }), said("Three")];
  await run(["import", "--data", directory.file()], lines.join(""));
  const seqs = (await exported(directory.file())).slice(1).map((each) =>
    JSON.parse(each).payload.seq
  );
  assertEquals(seqs, [2, 3]);
});

Deno.test("direct messages are exported only when asked for, and never imported", async () => {
  using directory = new Directory();
  await writeLog(directory.file("a.db"), ...DRAFTS);
  const lines = await exported(directory.file("a.db"), "--directs");
  const directs = lines.map((each) => JSON.parse(each)).filter(({ type }) => type === "direct");
  assertEquals(
    directs.map(({ payload }) => [payload.sender, payload.to, payload.text, payload.seq]),
    [
      ["Alice", "Bob", "a secret", 1],
    ],
  );
  const args = ["import", "--data", directory.file("b.db")];
  const { code, stdout } = await run(args, lines.map((each) => each + "\n").join(""));
  assertEquals(code, 0);
  assertStringIncludes(stdout.join(), "1 direct messages were left out");
});

const UNUSABLE: [what: string, lines: string, says: string][] = [
  ["no JSON", "Hello\n", "Line 1 is not JSON"],
  ["no object", said("One") + "[]\n", "Line 2 is not a JSON object"],
  ["no type", "{}\n", "Line 1 has the type missing; it must be message, topic, direct or export"],
  ["another type", line({}, "notification"), 'Line 1 has the type "notification"; it must be'],
  ["a type of every object", line({}, "constructor"), 'Line 1 has the type "constructor"'],
  ["the type __proto__", line({}, "__proto__"), 'Line 1 has the type "__proto__"'],
  [
    "a payload that is no object",
    '{"type":"message","payload":7}\n',
    "Line 1 has a payload that is no",
  ],
  ["no date", said("One", { at: undefined }), "Line 1 cannot be used: payload.at is missing"],
  ["a date in words", said("One", { at: "today" }), "payload.at must be a whole number from 0"],
  ["a date with a fraction", said("One", { at: 1.5 }), "payload.at must be a whole number from 0"],
  ["no sender", said("One", { sender: null }), "payload.sender is missing"],
  [
    "a bad sender",
    said("One") + "\n" + said("Two", { sender: "a\u0007" }),
    "Line 3 cannot be used: payload.sender",
  ],
  [
    "a long room",
    said("One", { room: "x".repeat(33) }),
    "payload.room has more than 32 characters",
  ],
  ["an empty text", said(""), "payload.text is empty"],
  ["a long text", said("x".repeat(4097)), "payload.text has more than 4096 characters"],
  [
    "half a character",
    said("x").replace('"x"', '"\\ud800"'),
    "payload.text has half a surrogate pair",
  ],
  [
    "a number that is missing",
    said("One", { seq: 1 }) + said("Three", { seq: 3 }),
    "Line 2 cannot be used: payload.seq is 3, and must be 2",
  ],
  [
    "a number again",
    said("One", { seq: 5 }) + said("Two", { seq: 5 }),
    "payload.seq is 5, and must be 6",
  ],
  ["the number 0", said("One", { seq: 0 }), "payload.seq must be a whole number from 1"],
  ["a number without end", said("One", { seq: 2 ** 32 }), "payload.seq must be below 4294967296"],
  ["a newer export", line({ version: 2, messages: 0 }, "export"), "is of the form 2"],
  [
    "an export that was cut short",
    line({ version: 1, messages: 2 }, "export") + said("One"),
    "they have 1 of 2 messages",
  ],
  ["half a line", said("One") + said("Two").slice(0, 30), "Line 2 is not JSON"],
  ["a line without end", `"${"x".repeat(1_200_000)}`, "Line 1 has more than 1048576 characters"],
];

Deno.test("lines that cannot be imported are named, and nothing of them is left", async () => {
  for (const [what, lines, says] of UNUSABLE) {
    using directory = new Directory();
    const { code, stdout, stderr } = await run(["import", "--data", directory.file()], lines);
    assertEquals([code, stdout, stderr.length], [1, [], 1], what);
    assertStringIncludes(stderr.join(), says, what);
    assertStringIncludes(stderr.join(), "; nothing was imported", what);
    const left = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
    assertEquals(left, ["chat.db-lock"], what);
  }
});

Deno.test("lines that are not UTF-8 are refused", async () => {
  using directory = new Directory();
  const file = directory.file("lines");
  const bytes = new TextEncoder().encode(said("xx"));
  Deno.writeFileSync(file, bytes.map((byte) => byte === 0x78 ? 0xff : byte));
  const { code, stderr } = await run(["import", file, "--data", directory.file()]);
  assertEquals([code, stderr.length], [1, 1]);
  assertStringIncludes(stderr.join(), "is not UTF-8; nothing was imported");
});

Deno.test("import fills no room that has messages, and changes nothing then", async () => {
  using directory = new Directory();
  const path = directory.file();
  await writeLog(path, says("One"), { kind: "topic", room: "Tea", topic: "Green" });
  const before = await exported(path);
  const lines = said("Two", { room: "Tea" }) + said("Three", { room: "GENERAL" });
  const { code, stderr } = await run(["import", "--data", path], lines);
  assertEquals([code, stderr], [1, [
    "chat-server: Line 2 cannot be used: the room General has messages already, and only an " +
    "empty room can be filled; nothing was imported",
  ]]);
  assertEquals(await exported(path), before);
  const good = await run(["import", "--data", path], said("Two", { room: "Tea" }));
  assertEquals(good.code, 0);
  const after = (await exported(path)).slice(1).map((each) => JSON.parse(each).payload.text);
  assertEquals(after, ["One", undefined, "Two"]);
});

Deno.test("import refuses a log that a server uses, and a file that is no log", async () => {
  using directory = new Directory();
  const path = directory.file();
  {
    await using _server = await ServerProcess.serve(path);
    const { code, stderr } = await run(["import", "--data", path], said("One"));
    assertEquals([code, stderr], [1, [
      `chat-server: Cannot use the log ${path}: a server uses it; stop that one first`,
    ]]);
  }
  const other = directory.file("other.db");
  {
    using database = new DatabaseSync(other);
    database.exec("CREATE TABLE recipe (name)");
  }
  const before = Deno.readFileSync(other);
  const { code, stderr } = await run(["import", "--data", other], said("One"));
  assertEquals([code, stderr.length], [1, 1]);
  assertStringIncludes(stderr.join(), "it is a database, but not a chat log");
  assertEquals(Deno.readFileSync(other), before);
});

Deno.test("import of a file that is not there makes no log", async () => {
  using directory = new Directory();
  const { code, stderr } = await run([
    "import",
    directory.file("none"),
    "--data",
    directory.file(),
  ]);
  assertEquals([code, stderr.length], [1, 1]);
  assertStringIncludes(stderr.join(), `Cannot read ${directory.file("none")}: No such file`);
  assertEquals([...Deno.readDirSync(directory.path)], []);
});

Deno.test("an export of a log that is written to is one moment of it", async () => {
  using directory = new Directory();
  const path = directory.file();
  const { log } = await openLog(path);
  await using _open = log;
  await log.append(upTo(300).map((number) => says(`${number}`)));
  const exporting = exported(path);
  for (let batch = 0; batch < 20; batch++) await log.append([says("more")]);
  const lines = await exporting;
  const head = JSON.parse(lines[0] ?? "");
  assertEquals(head.payload.messages, lines.length - 1);
  const seqs = lines.slice(1).map((each) => JSON.parse(each).payload.seq);
  assertEquals(seqs, upTo(lines.length - 1));
});

Deno.test({
  name: "export ends quietly when its reader wants no more, and says when stdout is full",
  ignore: Deno.build.os === "windows",
  async fn() {
    using directory = new Directory();
    const text = "x".repeat(1000);
    await run(["import", "--data", directory.file()], upTo(2000).map(() => said(text)).join(""));
    const shell = async (script: string) => {
      const words = serverCommand("export", "--data", directory.file());
      const args = ["-c", script, "sh", ...words];
      const { code, stdout, stderr } = await new Deno.Command("bash", { args }).output();
      const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
      return { code, stdout: decode(stdout), stderr: decode(stderr) };
    };
    const cut = await shell('"$@" | head -n 1 | cut -c 1-16; exit ${PIPESTATUS[0]}');
    assertEquals(cut, { code: 0, stdout: '{"type":"export"', stderr: "" });
    if (Deno.build.os !== "linux") return;
    const full = await shell('"$@" > /dev/full');
    assertEquals(full.code, 1);
    assertStringIncludes(full.stderr, "Cannot write to stdout: No space left on device");
  },
});

Deno.test({
  name: "a disk that is full during an export or an import leaves a clear line, and no file",
  ignore: !canMount,
  async fn() {
    using directory = new Directory();
    const lines = upTo(2000).map((seq) => said("x".repeat(1000), { seq })).join("");
    Deno.writeTextFileSync(directory.file("lines"), lines);
    await run(["import", directory.file("lines"), "--data", directory.file()]);
    await using disk = await SmallDisk.mount(524_288) as SmallDisk;
    const file = `${disk.path}/lines`;
    const out = await run(["export", file, "--data", directory.file()]);
    assertEquals([out.code, out.stderr], [1, [
      `chat-server: Cannot write ${file}: No space left on device; what was written was removed`,
    ]]);
    assertEquals([...Deno.readDirSync(disk.path)], []);
    const log = `${disk.path}/chat.db`;
    const into = await run(["import", directory.file("lines"), "--data", log]);
    assertEquals([into.code, into.stderr], [1, [
      `chat-server: Cannot use the log ${log}: No space left on device; nothing was imported`,
    ]]);
    assertEquals([...Deno.readDirSync(disk.path)].map(({ name }) => name), ["chat.db-lock"]);
  },
});

Deno.test({
  name: "an import that is killed leaves a log that is whole, and as it was",
  ignore: Deno.build.os === "windows",
  async fn() {
    using directory = new Directory();
    const path = directory.file();
    await writeLog(path, says("One"));
    const before = await exported(path);
    const text = "x".repeat(4000);
    const lines = upTo(30_000).map(() => said(text, { room: "Tea" })).join("");
    Deno.writeTextFileSync(directory.file("lines"), lines);
    const [program, ...args] = serverCommand("import", directory.file("lines"), "--data", path);
    const process = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
    const size = Deno.statSync(path).size;
    // What does not fit the cache is in the file before the end.
    while (Deno.statSync(path).size < size + 8_000_000) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    process.kill("SIGKILL");
    assertEquals((await process.status).signal, "SIGKILL");
    // As the server would, the next one to open it rolls back.
    await using server = await ServerProcess.serve(path);
    await server[Symbol.asyncDispose]();
    assertEquals(await exported(path), before);
  },
});
