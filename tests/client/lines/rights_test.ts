/** Rights of rooms in pipes and one-shot commands, against a real server. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import type { ServerProcess } from "../../fixtures/process.ts";
import type { TestClient } from "../../fixtures/test_client.ts";

const PASSWORD = "correct horse battery";

/** A connection of a registered name, in `room`, which it owns if nobody was there before. */
async function registered(server: ServerProcess, name: string, room: string): Promise<TestClient> {
  const client = await server.join(name, "Lobby");
  await client.send("register", { password: PASSWORD });
  await client.send("join", { room });
  await client.settled();
  return client;
}

/** Runs a command as `name`, whose password is in a file; in Tea, if no room is given. */
async function run(home: Home, server: ServerProcess, name: string, ...args: string[]) {
  const file = home.file("password");
  await Deno.writeTextFile(file, `${PASSWORD}\n`, { mode: 0o600 });
  const [command = "", ...rest] = args;
  const room = args.includes("--room") ? [] : ["--room", "Tea"];
  const at = ["--server", server.address, "--name", name, "--password-file", file, ...room];
  return await runClient(home, [command, ...at, ...rest]);
}

/** What a command printed, which must have ended with 0. */
async function printed(home: Home, server: ServerProcess, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run(home, server, "Alice", ...args);
  assertEquals([code, stderr], [0, []], args.join(" "));
  return stdout;
}

Deno.test("the commands about rights do what they say, and log has all of it", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using _alice = await registered(server, "Alice", "Tea");
  using _bob = await registered(server, "Bob", "Tea");
  const cases: [string[], RegExp][] = [
    [["access", "moderated"], /^\[Tea\] -- Alice has changed the room: moderated$/],
    [["slow", "30"], /: one message in 30 s for each person$/],
    [["topic-by", "moderators"], /: moderators may set the topic$/],
    [["role", "Bob", "moderator"], / -- Alice has made Bob a moderator$/],
    [
      ["mute", "Bad Guy", "10m", "too", "loud"],
      /muted "?Bad Guy"? until 20[-\d]{8} [\d:]{5}: too loud$/,
    ],
    [["unmute", "Bad Guy"], / -- Alice has given "?Bad Guy"? the word back$/],
    [["ban", "Mallory", "ever"], / -- Alice has banned Mallory for ever$/],
    [["unban", "Mallory"], / -- Alice has lifted the ban of Mallory$/],
    [["kick", "Bob"], / -- Alice has kicked Bob$/],
    [["invite", "Bob"], / -- Alice has invited Bob$/],
  ];
  const done: string[] = [];
  for (const [args, expected] of cases) {
    const [line = ""] = await printed(home, server, ...args);
    assertMatch(line, expected);
    done.push(line);
  }
  assertEquals(await printed(home, server, "log"), done);
  assertEquals(await printed(home, server, "log", "-n", "2"), done.slice(-2));
  const [last = ""] = await printed(home, server, "log", "-n", "1", "--json");
  const { type, payload: { kind, act } } = JSON.parse(last);
  assertEquals([type, kind, act], ["message", "act", { event: "invited", name: "Bob" }]);
});

Deno.test("a command about rights ends with 1 when it is refused, with 2 when it makes no sense", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using _alice = await registered(server, "Alice", "Tea");
  using _bob = await registered(server, "Bob", "Tea");
  const refused = await run(home, server, "Bob", "kick", "Alice");
  assertEquals([refused.code, refused.stdout], [1, []]);
  for (
    const args of [
      ["ban"],
      ["ban", "Bob", "2"],
      ["mute", "Bob", "soon"],
      ["role", "Bob", "king"],
      [
        "access",
        "closed",
      ],
      ["slow", "3601"],
      ["invite", "--uses", "0"],
      ["unban", "Bob", "x"],
    ]
  ) {
    const { code, stdout, stderr } = await run(home, server, "Alice", ...args);
    assertEquals([code, stdout, stderr.length], [2, [], 1], args.join(" "));
  }
});

Deno.test("a link opens an invite room, and nothing else does", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using alice = await registered(server, "Alice", "Tea");
  await printed(home, server, "access", "invite");
  const [link = ""] = await printed(home, server, "invite", "--uses", "1");
  assertMatch(link, /^chat:\/\/127\.0\.0\.1:\d+\/Tea\?code=\w+$/);
  const enter = (name: string, ...args: string[]) =>
    runClient(home, ["send", "--name", name, ...args, "let me in"]);
  const shut = await enter("Zoe", "--server", server.address, "--room", "Tea");
  assertEquals(shut.code, 1);
  assertStringIncludes(shut.stderr[0] ?? "", "--code CODE");
  assertEquals((await enter("Zoe", "--server", `${link}x`)).code, 1);
  assertEquals(await enter("Zoe", "--server", link), { code: 0, stdout: [], stderr: [] });
  const said = (await alice.settled()).filter(({ type, payload }) =>
    type === "message" && payload.kind === undefined
  );
  assertEquals(said.map(({ payload }) => payload.text), ["let me in"]);
  assertEquals((await enter("Yann", "--server", link)).code, 1);
});

Deno.test("bans prints name, kind, by whom, and until when", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using _alice = await registered(server, "Alice", "Tea");
  await printed(home, server, "ban", "Mallory", "2h", "spam");
  await printed(home, server, "mute", "Zoe", "ever");
  const rows = (await printed(home, server, "bans")).map((line) => line.split("\t"));
  assertEquals(
    rows.map(([name, kind, by, , until = "", why]) => [
      ...[name, kind, by, why],
      until === "ever" ? until : /^\d{4}-\d\d-\d\dT/.test(until),
    ]),
    [["Mallory", "ban", "Alice", "spam", true], ["Zoe", "mute", "Alice", "", "ever"]],
  );
  const [json = ""] = await printed(home, server, "bans", "--json");
  const { name, reason } = JSON.parse(json);
  assertEquals([name, reason], ["Mallory", "spam"]);
});

Deno.test("a program that is put out of its room says so, ends with 1, and loses no line silently", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using alice = await registered(server, "Alice", "Tea");
  const args = ["--server", server.address, "--name", "Bot", "--room", "Tea"];
  await using bot = new ClientProcess(home, args);
  await bot.type("hello");
  await bot.stdout.until("Bot: hello");
  await alice.send("kick", { room: "Tea", name: "Bot", reason: "too loud", for: "ever" });
  const { code, stdout, stderr } = await bot.ended();
  assertEquals([code, stdout.at(-1)], [
    1,
    "[Tea] -- Alice has banned you from Tea for ever: too loud",
  ]);
  assertStringIncludes(stderr.at(-1) ?? "", "in no room any more");
  await using again = new ClientProcess(home, args);
  await again.type("and again");
  const refused = await again.finish();
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr.join("\n"), /banned/);
});

Deno.test("a message that a room does not take is shown with the reason, and send ends with 1", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using alice = await registered(server, "Alice", "Tea");
  await alice.send("configure", { room: "Tea", access: "moderated" });
  await alice.settled();
  const send = (name: string) =>
    runClient(home, ["send", "--server", server.address, "--name", name, "--room", "Tea", "psst"]);
  const refused = await send("Bob");
  assertEquals([refused.code, refused.stderr[0]], [1, "!! Not sent to Tea: psst"]);
  await alice.send("configure", { room: "Tea", access: "open" });
  await alice.send("mute", { room: "Tea", name: "Bob", for: 3600, reason: "too loud" });
  await alice.settled();
  const muted = await send("Bob");
  assertEquals([muted.code, muted.stderr[0]], [1, "!! Not sent to Tea: psst"]);
  assertMatch(muted.stderr[1] ?? "", /muted.*by Alice: too loud/);
});

Deno.test("what comes too early for a slow room goes out later, in its order", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using alice = await registered(server, "Alice", "Tea");
  await alice.send("configure", { room: "Tea", slow: 1 });
  await alice.settled();
  const args = ["--server", server.address, "--name", "Bot", "--room", "Tea"];
  const { code, stderr } = await runClient(home, args, ["one", "two", "three"]);
  assertEquals(code, 0);
  assertMatch(stderr.join("\n"), /^!! Tea takes one message in 1 s;.*it goes out then$/m);
  const said = (await alice.settled()).filter(({ type }) => type === "message");
  assertEquals(said.map(({ payload }) => payload.text), ["one", "two", "three"]);
});

Deno.test("--json relays acts, and does not come back to a room that it was put out of", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using alice = await registered(server, "Alice", "Tea");
  const args = ["--server", server.address, "--name", "Bot", "--room", "Tea", "--json"];
  await using bot = new ClientProcess(home, [...args, "--retry", "60"]);
  await bot.stdout.until('"connect_ack"');
  await alice.send("mute", { room: "Tea", name: "Zoe", for: 60 });
  const act = JSON.parse(await bot.stdout.until('"act"'));
  assertEquals([act.payload.kind, act.payload.act.event], ["act", "muted"]);
  await alice.send("kick", { room: "Tea", name: "Bot" });
  await bot.stdout.until('"kicked"');
  const { port } = server;
  await server.kill("SIGKILL");
  await bot.stdout.until('"offline"');
  await using _second = await home.serve(port);
  const ack = JSON.parse(await bot.stdout.until('"connect_ack"'));
  assertEquals(ack.payload.rooms, []);
  assert((await bot.finish()).code === 0);
});
