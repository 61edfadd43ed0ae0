import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { requestLine } from "../../fixtures/test_client.ts";

/** Runs a server that can't start; gives its exit code and the one line that says why. */
async function failing(...args: string[]): Promise<{ code: number; reason: string }> {
  await using server = new TestProcess(serverCommand("--port", "0", ...args));
  const { code, stdout, stderr } = await server.ended();
  assertEquals([stdout, stderr.length], [[], 1], stderr.join("\n"));
  return { code, reason: stderr.join() };
}

Deno.test("a server keeps its log in the given file, and logs that", async () => {
  using directory = new Directory();
  for (const start of [0, 1]) {
    await using server = await ServerProcess.serve(directory.file("deep/chat.db"));
    assertStringIncludes(
      await server.stderr.next() ?? "",
      `path=${directory.file("deep/chat.db")}`,
    );
    using alice = await server.join(`Alice ${start}`);
    assertEquals(alice.ack.rooms, [{ room: "General", seq: start }]);
    await alice.send("message", { text: "Hi" });
    assertEquals((await alice.receive("message")).payload.seq, start + 1);
    server.kill("SIGTERM");
    assertEquals((await server.ended()).code, 0);
  }
});

Deno.test({
  name: "a server keeps its log in the state directory by default",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using directory = new Directory();
    const path = directory.file("chat-server/chat.db");
    await using server = new ServerProcess(serverCommand("--port", "0"), {
      XDG_STATE_HOME: directory.path,
    });
    assertMatch(await server.line(), /^Listening on /);
    assertStringIncludes(await server.stderr.next() ?? "", `path=${path}`);
    assert(Deno.statSync(path).isFile);
  },
});

Deno.test("a server that keeps its log in memory makes no file, and forgets", async () => {
  using directory = new Directory();
  for (const _ of [1, 2]) {
    const environment = { XDG_STATE_HOME: directory.path };
    await using server = new ServerProcess(serverCommand("--memory", "--port", "0"), environment);
    const port = Number((await server.line()).split(":").at(-1));
    using alice = await new Endpoint(port).join("Alice");
    assertEquals(alice.ack.rooms, [{ room: "General", seq: 0 }]);
    await alice.send("message", { text: "Hi" });
    await alice.receive("message");
  }
  assertEquals([...Deno.readDirSync(directory.path)], []);
});

Deno.test("a server refuses options of its log that it does not know, with the ones that it does", async () => {
  const wrong: [string, string, string][] = [
    ["--sync", "never", "--sync must be one of full, normal"],
    ["--retain-days", "-1", "--retain-days must be a whole number from 0 to"],
    ["--retain-days", "a week", "--retain-days must be a whole number from 0 to"],
    ["--retain-messages", "1.5", "--retain-messages must be a whole number from 0 to"],
    ["--session-days", "0", "--session-days must be a whole number from 1 to"],
    ["--data", "", "--data must not be empty"],
  ];
  await Promise.all(wrong.map(async ([option, value, rule]) => {
    const { code, reason } = await failing(`${option}=${value}`);
    assertEquals(code, 2);
    assertStringIncludes(reason, rule);
  }));
});

Deno.test("a second server on the same file says so, until the first is gone, however it went", async () => {
  using directory = new Directory();
  await using first = await ServerProcess.serve(directory.file());
  const { code, reason } = await failing("--data", directory.file());
  assertEquals(code, 1);
  assertStringIncludes(reason, `${directory.file()}: another chat-server uses it; stop that one`);
  first.kill("SIGKILL");
  await first.ended();
  await using second = await ServerProcess.serve(directory.file());
  using _alice = await second.connect("Alice");
});

Deno.test("a server does not start on a file that is not its own, and leaves it as it was", async () => {
  using directory = new Directory();
  Deno.writeTextFileSync(directory.file(), "Dear diary,\n");
  const { code, reason } = await failing("--data", directory.file());
  assertEquals(code, 1);
  assertStringIncludes(reason, "it is no database, or damaged; nothing was overwritten");
  assertEquals(Deno.readTextFileSync(directory.file()), "Dear diary,\n");
  const below = await failing("--data", directory.file("chat.db/chat.db"));
  assertEquals(below.code, 1);
  assertStringIncludes(below.reason, "Cannot use the log");
});

for (const sync of ["full", "normal"]) {
  Deno.test(`a server that is killed has all that it acknowledged (--sync ${sync})`, async () => {
    using directory = new Directory();
    let session: string | undefined;
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      await using server = await ServerProcess.serve(
        directory.file(),
        "--sync",
        sync,
        "--message-rate",
        "0",
      );
      const more = { session, since: { General: 0 }, direct_since: 0 };
      using alice = await server.join("Alice", "General", more);
      assertEquals(alice.ack.resumed, round > 0);
      session = alice.ack.session;
      const replayed = (await alice.settled()).filter(({ type }) => type === "message");
      const refs = replayed.map(({ payload }) => payload.ref);
      assertEquals(refs, upTo(refs.length));
      assert(refs.length >= acknowledged, `${refs.length} of ${acknowledged}`);
      // Begins with the unacknowledged messages, as a client does.
      const lines = upTo(2000).map((n) => ({ text: "Hi", ref: acknowledged + n })).map((payload) =>
        requestLine("message", payload)
      );
      const writing = alice.write(lines.join("")).catch(() => {/* it is killed meanwhile */});
      for (const until = acknowledged + 500; acknowledged < until;) {
        const { payload } = await alice.receive("message");
        assertEquals([payload.ref, payload.seq], [acknowledged + 1, acknowledged + 1]);
        acknowledged++;
      }
      server.kill("SIGKILL");
      await writing;
      await server.ended();
    }
  });
}

Deno.test("a server forgets the oldest messages, and what it keeps has its numbers", async () => {
  using directory = new Directory();
  {
    await using server = await ServerProcess.serve(directory.file());
    using alice = await server.join("Alice");
    await alice.write('{"type":"message","payload":{"text":"Hi"}}\n'.repeat(100));
    await alice.settled();
    server.kill("SIGTERM");
    await server.ended();
  }
  await using server = await ServerProcess.serve(directory.file(), "--retain-messages", "10");
  using alice = await server.join("Bob");
  const seqs = async () => {
    await alice.send("history", { room: "General" });
    const { messages } = (await alice.receive("history")).payload;
    return messages.map(({ seq }: { seq: number }) => seq);
  };
  // The server does so soon after its start.
  while ((await seqs()).length > 10);
  assertEquals(await seqs(), upTo(100).slice(90));
  await alice.send("join", { room: "Music", since: 0 });
  await alice.send("leave", { room: "General" });
  await alice.send("join", { room: "General", since: 50 });
  const told = await alice.settled();
  const dropped = told.find(({ payload }) => payload.event === "dropped");
  assertEquals([dropped?.payload.room, dropped?.payload.seq], ["General", 91]);
  const replayed = told.filter(({ type }) => type === "message");
  assertEquals(replayed.map(({ payload }) => payload.seq), upTo(100).slice(90));
});
