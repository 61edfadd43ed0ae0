import { assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, programArguments, runClient } from "../../fixtures/client.ts";
import type { ServerProcess } from "../../fixtures/process.ts";

/** The options for the name and the server. */
function as(name: string, server: ServerProcess): string[] {
  return ["--name", name, "--server", server.address];
}

async function say(server: ServerProcess, ...texts: string[]): Promise<void> {
  using peer = await server.join("Sayer");
  for (const text of texts) await peer.send("message", { text });
  await peer.settled();
  await peer.send("quit");
  await peer.rest();
}

Deno.test("send says one message and ends with 0 once the server has it", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using bob = await server.join("Bob", "Lab");
  const args = ["send", "--room", "Lab", ...as("Alice", server)];
  assertEquals(await runClient(home, [...args, "two", "words"]), {
    code: 0,
    stdout: [],
    stderr: [],
  });
  assertEquals((await runClient(home, [...args, "-"], ["one", "two"])).code, 0);
  const texts = (await bob.settled()).filter(({ type }) => type === "message");
  assertEquals(texts.map(({ payload }) => payload.text), ["two words", "one\ntwo"]);
});

Deno.test("send ends with 1 when nothing listens, and with 2 when there is nothing to send", async () => {
  await using home = new Home();
  const alone = ["--name", "Alice", "--server", "127.0.0.1:1"];
  const refused = await runClient(home, ["send", ...alone, "--", "x"]);
  assertEquals([refused.code, refused.stderr.length], [1, 1]);
  assertStringIncludes(refused.stderr[0] ?? "", "nothing listens there");
  assertEquals((await runClient(home, ["send", ...alone])).code, 2);
  assertEquals((await runClient(home, ["send", ...alone, "-"])).code, 2);
});

Deno.test("send sends any text that stands behind --, and what is no option before it", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using bob = await server.join("Bob");
  const texts = [
    "--help",
    "--version",
    "--name=Eve",
    "-",
    "--",
    "-n",
    "-h",
    "constructor",
    "--server=h:1 x",
  ];
  for (const text of texts) {
    const { code } = await runClient(home, ["send", ...as("Alice", server), "--", text], ["input"]);
    assertEquals(code, 0, text);
  }
  const words = ["hi", "--server=127.0.0.1:1", "--help", "-n", "3", "--"];
  assertEquals((await runClient(home, ["send", ...as("Alice", server), ...words])).code, 0);
  const said = (await bob.settled()).filter(({ type }) => type === "message");
  assertEquals(said.map(({ payload }) => payload.text), [...texts, words.join(" ")]);
});

Deno.test("send never ends with 0 when it has sent nothing", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using bob = await server.join("Bob");
  for (
    const text of [
      "--help",
      "-h",
      "--version",
      "--nope",
      "-5 degrees",
      "--name=Eve",
      "--",
      "",
      "---",
    ]
  ) {
    const { code, stderr } = await runClient(home, ["send", ...as("Alice", server), text]);
    assertEquals([code, stderr.length], [2, 1], text);
    if (text !== "" && text !== "--") assertStringIncludes(stderr[0] ?? "", "--");
  }
  assertEquals((await bob.settled()).filter(({ type }) => type === "message"), []);
});

Deno.test("tail prints the last messages, oldest first", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await say(server, "one", "two", "three");
  const { code, stdout } = await runClient(home, ["tail", "-n", "2", ...as("Alice", server)]);
  assertEquals([code, stdout], [0, ["[General] Sayer: two", "[General] Sayer: three"]]);
  const json = await runClient(home, ["tail", "-n", "1", "--json", ...as("Alice", server)]);
  const [line = ""] = json.stdout;
  const { type, payload: { text, seq } } = JSON.parse(line);
  assertEquals([type, text, seq], ["message", "three", 3]);
});

Deno.test("tail prints as many messages as it is told, and those before a number", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const texts = Array.from({ length: 1_300 }, (_, index) => `text ${index + 1}`);
  await say(server, ...texts);
  const lines = (first: number, last: number) =>
    texts.slice(first - 1, last).map((text) => `[General] Sayer: ${text}`);
  const tail = async (...args: string[]) =>
    (await runClient(home, ["tail", ...args, ...as("Alice", server)])).stdout;
  assertEquals(await tail("-n", "1201"), lines(100, 1_300));
  assertEquals(await tail("-n", "5000"), lines(1, 1_300));
  assertEquals(await tail("-n", "600", "--before", "901"), lines(301, 900));
  assertEquals(await tail("-n", "600", "--before", "1"), []);
  const both = ["tail", "--follow", "--before", "5", ...as("Alice", server)];
  assertEquals((await runClient(home, both)).code, 2);
  await using client = new ClientProcess(home, ["tail", "-f", "-n", "1201", ...as("Ed", server)]);
  for (const line of lines(100, 1_300)) assertEquals(await client.stdout.next(), line);
});

Deno.test("tail --follow goes on with what is said, until a signal", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await say(server, "one", "two");
  const args = ["tail", "-n", "1", "--follow", ...as("Alice", server)];
  await using client = new ClientProcess(home, args);
  assertEquals(await client.stdout.next(), "[General] Sayer: two");
  await say(server, "three");
  await client.stdout.until("[General] Sayer: three");
  client.kill("SIGINT");
  assertEquals((await client.ended()).code, 130);
});

Deno.test({
  name: "tail says in one line that its output can't be written, and ends with 1",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using home = new Home();
    await using server = await home.serve();
    await say(server, "one");
    for (const more of [[], ["--follow"], ["--json"]]) {
      const client = [Deno.execPath(), ...programArguments("client.ts"), "tail"];
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", 'exec "$@" > /dev/full', "sh", ...client, ...more, ...as("Alice", server)],
        env: home.env,
      }).output();
      assertEquals(
        [code, new TextDecoder().decode(stderr)],
        [1, "chat-client: Cannot write all of the output: No space left on device\n"],
        more.join(),
      );
    }
  },
});

Deno.test("search prints what has the words, newest first", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await say(server, "red apple", "green pear", "green apple");
  for (const room of [[], ["--room", "general"]]) {
    const { code, stdout } = await runClient(home, [
      ...["search", "apple", ...room],
      ...as("Alice", server),
    ]);
    assertEquals(
      [code, stdout],
      [0, ["[General] Sayer: green apple", "[General] Sayer: red apple"]],
    );
  }
});

Deno.test("rooms and who list rooms and members without entering a room", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using bob = await server.join("Bob", "Lab");
  using cy = await server.join("Cy", "Lab");
  await cy.send("topic", { room: "Lab", topic: "All of it" });
  await bob.settled();
  await cy.settled();
  const rooms = await runClient(home, ["rooms", ...as("Alice", server)]);
  assertEquals([rooms.code, rooms.stdout], [0, ["Lab\t2\tAll of it"]]);
  const who = await runClient(home, ["who", "--room", "Lab", ...as("Alice", server)]);
  assertEquals([who.code, who.stdout], [0, ["Bob", "Cy"]]);
  assertEquals(await bob.settled(), [], "nobody was told of anything");
  const none = await runClient(home, ["who", "--room", "None", ...as("Alice", server)]);
  assertEquals([none.code, none.stderr], [1, ['chat-client: There is no room "None"']]);
});

Deno.test("--json passes the wire on as it is, in both directions", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const { code, stdout } = await runClient(
    home,
    [server.address, "--name", "Alice", "--json"],
    [
      JSON.stringify({ type: "message", id: "a", payload: { text: "\x1b[31m\n\u202e", ref: 1 } }),
      JSON.stringify({ type: "unheard of", id: "b" }),
      JSON.stringify({ type: "members", id: "c", payload: { room: "General" } }),
    ],
  );
  const events = stdout.map((line) => JSON.parse(line));
  assertEquals(code, 0);
  assertEquals(events.map(({ type, id }) => [type, id]), [
    ["connection", undefined],
    ["connect_ack", undefined],
    ["message", "a"],
    ["error", "b"],
    ["members", "c"],
  ]);
  assertEquals(events[0].payload, { state: "online" });
  assertEquals([events[2].payload.text, events[2].payload.ref], ["\x1b[31m\n\u202e", 1]);
  assertEquals(events[3].payload.code, "unknown_type");
});

Deno.test("--json tells of a link that is lost and found again", async () => {
  await using home = new Home();
  await using first = await home.serve();
  const args = [first.address, "--name", "Alice", "--json", "--retry", "60"];
  await using client = new ClientProcess(home, args);
  await client.stdout.until('"state":"online"');
  await first.crash();
  const lost = JSON.parse(await client.stdout.until('"state":"offline"'));
  assertEquals(typeof lost.payload.retry_at, "number");
  await using _second = await home.serve(first.port);
  await client.stdout.until('"state":"online"');
  assertStringIncludes(await client.stdout.until("connect_ack"), '"resumed":true');
  assertEquals((await client.finish()).code, 0);
});

Deno.test("--json ends with 1 at input that is no JSON, and when the link is lost", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alice", "--json"];
  const bad = await runClient(home, args, ["{bad"]);
  assertEquals([bad.code, bad.stderr.length], [1, 1]);
  await using client = new ClientProcess(home, args);
  await client.stdout.until("connect_ack");
  await server.crash();
  const { code, stdout } = await client.ended();
  assertEquals([code, JSON.parse(stdout.at(-1) ?? "").payload.state], [1, "ended"]);
});

Deno.test("the environment and the config file say what the command line leaves open", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const config = { server: "lab", name: "FromFile", room: "Lab", servers: { lab: server.address } };
  Deno.mkdirSync(`${home.path}/config/chat-client`, { recursive: true });
  Deno.writeTextFileSync(`${home.path}/config/chat-client/config.json`, JSON.stringify(config));
  const first = await runClient(home, [], ["hello"]);
  assertEquals([first.code, first.stdout], [0, ["[Lab] FromFile: hello"]]);
  await using second = new ClientProcess(home, ["--room", "Given"], { CHAT_NAME: "FromEnv" });
  await second.type("hello");
  assertEquals((await second.finish()).stdout, ["[Given] FromEnv: hello"]);
});

Deno.test("--help, --version and completions need no server and end with 0", async () => {
  await using home = new Home();
  const runs = [["--help"], ["tail", "--help"], ["--version"], ["completions", "fish"]];
  for (const args of runs) {
    const { code, stdout, stderr } = await runClient(home, args);
    assertEquals([code, stderr, stdout.length > 0], [0, [], true], args.join(" "));
  }
  assertEquals((await runClient(home, ["completions", "tcsh"])).code, 2);
});
