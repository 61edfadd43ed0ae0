import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";

Deno.test("a client in a pipe sends each line, prints each message and ends with 0", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const { code, stdout, stderr } = await runClient(home, [server.address, "--name", "Alice"], [
    "hello",
    "日本 /not a command",
    "/quit",
  ]);
  assertEquals(stdout, [
    "[General] Alice: hello",
    "[General] Alice: 日本 /not a command",
    "[General] Alice: /quit",
  ]);
  assertEquals([code, stderr], [0, []]);
});

Deno.test("a client in a pipe loses none of many lines", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const lines = Array.from({ length: 3_000 }, (_, index) => `line ${index}`);
  const { code, stdout } = await runClient(home, [server.address, "--name", "Alice"], lines);
  assertEquals(code, 0);
  assertEquals(stdout, lines.map((line) => `[General] Alice: ${line}`));
});

Deno.test("two clients in pipes see each other's lines, joins and leaves", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using alice = new ClientProcess(home, [server.address, "--name", "Alice", "--room", "Lab"]);
  await alice.type("first");
  await alice.stdout.until("[Lab] Alice: first");
  const bob = await runClient(home, [server.address, "--name", "Bob", "--room", "Lab"], [
    "hi Alice",
  ]);
  assertEquals(bob.stdout, ["[Lab] Bob: hi Alice"]);
  assertEquals(await alice.finish(), {
    code: 0,
    stdout: [
      "[Lab] -- Bob has joined the room.",
      "[Lab] Bob: hi Alice",
      "[Lab] -- Bob has left the room.",
    ],
    stderr: [],
  });
});

Deno.test("in a pipe every line is sent, whatever word or command it is", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const lines = ["exit", "EXIT", "/quit", "/help", "quit", "--", "--help", "-", "constructor"];
  for (const plain of [[], ["--plain"]]) {
    const args = [server.address, "--name", "Alice", ...plain];
    const { code, stdout } = await runClient(home, args, lines);
    assertEquals([code, stdout], [0, lines.map((line) => `[General] Alice: ${line}`)]);
  }
});

Deno.test("received text can do nothing to the terminal of a client in a pipe", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using alice = new ClientProcess(home, [server.address, "--name", "Alice"]);
  await alice.type("ready");
  await alice.stdout.until("ready");
  using peer = await server.join("Bob: hi");
  await peer.send("message", { text: "\x1b[2J\x1b]0;x\x07a\nb\u202ec" });
  await alice.stdout.until("joined");
  assertEquals(
    await alice.stdout.next(),
    '[General] "Bob: hi": ␛[2J␛]0;x␇a⏎b<U+202E>c',
  );
});

Deno.test("a line that is too long is refused in one line, and the rest is sent", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const { code, stdout, stderr } = await runClient(home, [server.address, "--name", "Alice"], [
    "x".repeat(4097),
    "short",
  ]);
  assertEquals([code, stdout], [1, ["[General] Alice: short"]]);
  assertEquals(stderr, ["!! A message has at most 4096 characters: shorten it"]);
});

Deno.test("each way to fail is one line on standard error and its exit code", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using _peer = await server.join("Taken");
  const cases: [args: string[], code: number, message: string][] = [
    [["127.0.0.1:1", "--name", "A"], 1, "Cannot connect to 127.0.0.1:1: nothing listens there"],
    [["no-such-host.invalid", "--name", "A"], 1, 'Cannot find the host "no-such-host.invalid"'],
    [[server.address, "--name", "taken"], 1, 'The name "taken" is taken'],
    [[server.address], 2, "Who are you? Give --name NAME"],
    [[server.address, "--name", " x"], 2, "Cannot use the name: it begins or ends with a space"],
    [["--colour"], 2, 'Unknown option "--colour"; try --help'],
    [["a", "b"], 2, 'Unexpected argument "b"; try --help'],
    [["h:1", "--name", "A", "--ca", "/nope"], 2, "Cannot use --ca with h:1, which is plain TCP"],
    [["host:99999", "--name", "A"], 2, "the port must be 1 to 65535"],
    [["--config", "/nowhere.json", "--name", "A"], 2, "Cannot read the config file /nowhere.json"],
  ];
  for (const [args, code, message] of cases) {
    const ended = await runClient(home, args);
    assertEquals([ended.code, ended.stdout, ended.stderr.length], [code, [], 1], args.join(" "));
    assertStringIncludes(ended.stderr[0] ?? "", message);
  }
});

Deno.test("a server that goes is one line on standard error and exit code 1", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using client = new ClientProcess(home, [server.address, "--name", "Alice"]);
  await client.type("said");
  await client.stdout.until("said");
  await server.crash();
  const { code, stderr } = await client.ended();
  assertEquals(code, 1);
  assertEquals(stderr, [`chat-client: The server at ${server.address} is gone`]);
});

Deno.test("a stalled reader delays nobody, and misses nothing", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using client = new ClientProcess(home, [server.address, "--name", "Alice"]);
  await client.type("ready");
  await client.stdout.until("ready");
  using bob = await server.join("Bob");
  // Far more than all pipes and sockets hold.
  const texts = Array.from({ length: 3_000 }, (_, index) => `${index} ${"x".repeat(1_000)}`);
  for (const text of texts) await bob.send("message", { text });
  await bob.settled();
  await client.type("still here");
  assertEquals((await bob.receive("message")).payload.text, "still here");
  const { code, stdout } = await client.finish();
  assertEquals(code, 0);
  const said = stdout.filter((line) => line.startsWith("[General] Bob: "));
  assertEquals(said, texts.map((text) => `[General] Bob: ${text}`));
});

Deno.test("with --retry a client outlives its server, and misses and doubles nothing", async () => {
  await using home = new Home();
  await using first = await home.serve();
  await using client = new ClientProcess(home, [first.address, "--name", "Alice", "--retry", "60"]);
  await client.type("before");
  await client.stdout.until("before");
  await first.crash();
  await client.stderr.until("trying to connect again");
  await client.type("while away 1", "while away 2");
  await using _second = await home.serve(first.port);
  await client.stderr.until("Connected again");
  await client.type("after");
  const { code, stdout } = await client.finish();
  assertEquals(code, 0);
  assertEquals(stdout, [
    "[General] Alice: while away 1",
    "[General] Alice: while away 2",
    "[General] Alice: after",
  ]);
});

Deno.test("messages of a killed client that were not acknowledged are sent once by the next", async () => {
  await using home = new Home();
  await using first = await home.serve();
  const args = [first.address, "--name", "Alice", "--retry", "60"];
  await using client = new ClientProcess(home, args);
  await client.type("before");
  await client.stdout.until("before");
  await first.crash();
  await client.stderr.until("trying to connect again");
  await client.type("kept 1", "kept 2");
  // The outbox is a file and survives.
  await untilOutboxHas(home, "kept 2");
  client.kill("SIGKILL");
  await client.ended();
  await using _second = await home.serve(first.port);
  const { code, stdout } = await runClient(home, args, ["new"]);
  assertEquals(code, 0);
  const own = stdout.filter((line) => !line.includes("before"));
  assertEquals(own, ["[General] Alice: kept 1", "[General] Alice: kept 2", "[General] Alice: new"]);
});

Deno.test("a killed client's name is its own again at once", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using client = new ClientProcess(home, [server.address, "--name", "Alice"]);
  await client.type("x");
  await client.stdout.until("x");
  client.kill("SIGKILL");
  await client.ended();
  const { code } = await runClient(home, [server.address, "--name", "Alice"], ["back"]);
  assertEquals(code, 0);
});

Deno.test("a second client of one name on one machine says so, and harms nothing", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using client = new ClientProcess(home, [server.address, "--name", "Alice"]);
  await client.type("one");
  await client.stdout.until("one");
  const second = await runClient(home, [server.address, "--name", "Alice"], ["never"]);
  assertEquals(second.code, 1);
  assertStringIncludes(second.stderr[0] ?? "", "another chat-client of yours on this machine");
  assertStringIncludes(second.stderr[1] ?? "", 'The name "Alice" is taken');
  await client.type("two");
  const { code, stdout } = await client.finish();
  assertEquals([code, stdout], [0, ["[General] Alice: two"]]);
});

Deno.test("SIGTERM ends a client with 143, and frees its name", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using bob = await server.join("Bob");
  await using client = new ClientProcess(home, [server.address, "--name", "Alice"]);
  await client.type("x");
  await client.stdout.until("x");
  client.kill("SIGTERM");
  assertEquals((await client.ended()).code, 143);
  await bob.settled();
  using _alice = await server.join("Alice");
});

Deno.test("--timestamps puts date, time and offset from UTC before every line", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alice", "--timestamps"];
  const { stdout } = await runClient(home, args, ["hello"]);
  assert(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00 \[General\] Alice: hello$/.test(stdout[0] ?? ""));
});

Deno.test("state files are for their owner alone, and their names come from no name", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await runClient(home, [server.address, "--name", "../Älice"], ["hello"]);
  const directory = `${home.path}/state/chat-client`;
  assertEquals((Deno.statSync(directory).mode ?? 0) & 0o777, 0o700);
  const files = [...Deno.readDirSync(directory)];
  assert(files.length > 0);
  for (const { name } of files) {
    assert(/^(outbox|history)-[a-z0-9._-]+\.jsonl(\.lock)?$/.test(name), name);
    assert(!name.includes("/") && !name.includes("Ä") && !name.includes("ä"), name);
    assertEquals((Deno.statSync(`${directory}/${name}`).mode ?? 0) & 0o777, 0o600, name);
  }
});

async function untilOutboxHas(home: Home, text: string): Promise<void> {
  const directory = `${home.path}/state/chat-client`;
  for (let tries = 0; tries < 500; tries++) {
    for (const { name } of Deno.readDirSync(directory)) {
      if (Deno.readTextFileSync(`${directory}/${name}`).includes(text)) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The outbox never had "${text}"`);
}
