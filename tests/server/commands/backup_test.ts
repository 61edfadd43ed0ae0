import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Home } from "../../fixtures/client.ts";
import { Directory } from "../../fixtures/files.ts";
import { says, TestLog, writeLog } from "../../fixtures/log.ts";
import { type Ended, serverCommand, TestProcess } from "../../fixtures/process.ts";
import { canMount, SmallDisk } from "../../fixtures/small_disk.ts";
import type { TestClient } from "../../fixtures/test_client.ts";

/** Runs `chat-server backup` with the permissions that it is compiled with. */
async function backup(...args: string[]): Promise<Ended> {
  await using process = new TestProcess(serverCommand("backup", ...args));
  return await process.finish();
}

/** The texts of a room in a copy, in their order. */
function textsIn(path: string): string[] {
  using database = new DatabaseSync(path, { readOnly: true });
  return database.prepare("SELECT text FROM message ORDER BY id").all()
    .map(({ text }) => String(text));
}

function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o777;
}

/** Says 1, 2, 3, … until `isOver`; gives the last that was acknowledged. */
async function count(client: TestClient, state: { acknowledged: number; isOver: boolean }) {
  while (!state.isOver) {
    await client.send("message", { text: `${state.acknowledged + 1}` });
    await client.receive("message");
    state.acknowledged++;
  }
}

Deno.test("a backup of a busy log is whole, private, and has all that was acknowledged before", async () => {
  using home = new Home();
  await using server = await home.serve();
  using alice = await server.join("Alice");
  const state = { acknowledged: 0, isOver: false };
  const counting = count(alice, state);
  const copies: { before: number; path: string; ended: Ended }[] = [];
  for (let copy = 1; copy <= 3; copy++) {
    const path = home.file(`copy ${copy}.db`);
    const before = state.acknowledged;
    copies.push({ before, path, ended: await backup(path, "--data", home.file("chat.db")) });
  }
  state.isOver = true;
  await counting;
  for (const { before, path, ended: { code, stdout, stderr } } of copies) {
    assertEquals([code, stderr], [0, []]);
    assertMatch(stdout.join(), /^[0-9a-f]{64} {2}\S/);
    assertEquals(modeOf(path), 0o600);
    const texts = textsIn(path);
    assert(texts.length >= before);
    assertEquals(texts, texts.map((_, index) => `${index + 1}`));
  }
  const files = [...Deno.readDirSync(home.path)].map(({ name }) => name);
  assertEquals(files.filter((name) => name.includes("partial")), []);
});

Deno.test("sha256sum checks the line that backup prints", async () => {
  await using test = await TestLog.open("file");
  using directory = new Directory();
  await test.append(says("Hello"));
  const path = directory.file("copy.db");
  const { stdout } = await backup(path, "--data", test.path);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", Deno.readFileSync(path)));
  assertEquals(stdout, [`${digest.toHex()}  ${path}`]);
});

const REFUSED: [what: string, data: (directory: Directory) => string, says: string][] = [
  ["no log", (directory) => directory.file("none.db"), "there is no such file"],
  ["no chat log", (directory) => {
    const path = directory.file("other.db");
    using database = new DatabaseSync(path);
    database.exec("CREATE TABLE recipe (name)");
    return path;
  }, "it is a database, but not a chat log"],
];

Deno.test("backup of what is no log leaves nothing, and makes no log", async () => {
  for (const [what, data, says] of REFUSED) {
    using directory = new Directory();
    const path = data(directory);
    const before = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
    const { code, stdout, stderr } = await backup(directory.file("copy.db"), "--data", path);
    assertEquals([code, stdout, stderr.length], [1, [], 1], what);
    assertStringIncludes(stderr.join(), says);
    assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), before, what);
  }
});

Deno.test("backup replaces no file, be it the log itself", async () => {
  using directory = new Directory();
  await writeLog(directory.file(), says("Hello"));
  Deno.writeTextFileSync(directory.file("old"), "old");
  for (const path of [directory.file(), directory.file("old")]) {
    const before = Deno.readFileSync(path);
    const { code, stderr } = await backup(path, "--data", directory.file());
    assertEquals([code, stderr.length], [1, 1]);
    assertStringIncludes(stderr.join(), "is there already: give another name, or move it away");
    assertEquals(Deno.readFileSync(path), before);
  }
});

Deno.test("backup into a directory that is not there says so", async () => {
  await using test = await TestLog.open("file");
  const { code, stderr } = await backup(`${test.path}.d/copy.db`, "--data", test.path);
  assertEquals([code, stderr.length], [1, 1]);
  assertStringIncludes(stderr.join(), `Cannot write ${test.path}.d/copy.db: No such file`);
});

Deno.test("a damaged log has no backup that looks whole", async () => {
  using directory = new Directory();
  await writeLog(directory.file(), says("One"), says("Two"), says("Three"));
  {
    using database = new DatabaseSync(directory.file());
    database.exec("DELETE FROM message WHERE text = 'Two'");
  }
  const { code, stderr } = await backup(directory.file("copy.db"), "--data", directory.file());
  assertEquals(code, 1);
  assertStringIncludes(stderr.join("\n"), "1 of the messages from 1 to 3 are missing");
  const left = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
  assertEquals(left.filter((name) => name.includes("copy")), []);
});

Deno.test("backup says that the certificate is a secret beside the log, and copies it when asked to", async () => {
  using home = new Home();
  const data = home.file("chat.db");
  {
    await using _server = await home.serve(0, "--tls", "--tls-port", "0");
  }
  const plain = await backup(home.file("one.db"), "--data", data);
  assertEquals([plain.code, plain.stdout.length], [0, 1]);
  assertStringIncludes(plain.stderr.join(), `${data}-tls holds the private key`);
  const both = await backup(home.file("two.db"), "--data", data, "--with-tls");
  assertEquals([both.code, both.stderr], [0, []]);
  const copy = home.file("two.db-tls");
  assertEquals(modeOf(copy), 0o700);
  for (const name of ["authority.key", "authority.pem"]) {
    assertEquals(modeOf(`${copy}/${name}`), 0o600);
    assertEquals(Deno.readFileSync(`${copy}/${name}`), Deno.readFileSync(`${data}-tls/${name}`));
  }
});

Deno.test("backup --with-tls without a certificate copies nothing", async () => {
  await using test = await TestLog.open("file");
  const copy = `${test.path}.copy`;
  const { code, stderr } = await backup(copy, "--data", test.path, "--with-tls");
  assertEquals([code, stderr], [1, [
    `chat-server: There is no ${test.path}-tls to copy: leave --with-tls out`,
  ]]);
  assertThrows(() => Deno.statSync(copy), Deno.errors.NotFound);
});

Deno.test({
  name: "a disk that is full during a backup leaves a clear line, and no file",
  ignore: !canMount,
  async fn() {
    await using test = await TestLog.open("file");
    for (let batch = 0; batch < 20; batch++) {
      await test.append(...Array.from({ length: 100 }, () => says("text ".repeat(100))));
    }
    await using disk = await SmallDisk.mount(524_288) as SmallDisk;
    const { code, stdout, stderr } = await backup(`${disk.path}/copy.db`, "--data", test.path);
    assertEquals([code, stdout, stderr.length], [1, [], 1]);
    assertStringIncludes(
      stderr.join(),
      `Cannot write ${disk.path}/copy.db: No space left on device; what was written was removed`,
    );
    assertEquals([...Deno.readDirSync(disk.path)], []);
  },
});
