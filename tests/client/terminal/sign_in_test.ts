/** Registered names at a terminal. */

import { TextLineStream } from "@std/streams/text-line-stream";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import { filesWith } from "../../fixtures/files.ts";
import { openAlice, terminalTest, Tmux } from "../../fixtures/tmux.ts";

const PASSWORD = "correct horse battery";
const OTHER = "staple of another kind";

/** Types a secret at the prompt that ends with `question`; the screen has no letter of it. */
async function typeSecret(tmux: Tmux, question: string, secret: string): Promise<void> {
  await tmux.untilSeen(`${question}:`);
  await tmux.type(secret);
  await tmux.untilSeen(`${question}: ${"*".repeat(secret.length)}`);
  await tmux.press("Enter");
}

async function typeLine(tmux: Tmux, line: string): Promise<void> {
  await tmux.type(line);
  await tmux.press("Enter");
}

async function register(tmux: Tmux): Promise<void> {
  await typeLine(tmux, "/register");
  await typeSecret(tmux, "New password for Alice", PASSWORD);
  await typeSecret(tmux, "The same again", PASSWORD);
  await tmux.untilSeen("is registered; from now on");
}

/** Checks that neither the screens nor any file of the programs contain a password. */
async function assertNowhere(homes: Home[], ...screens: Tmux[]): Promise<void> {
  for (const tmux of screens) {
    const everything = (await tmux.everything()).join("\n");
    for (const secret of [PASSWORD, OTHER]) assert(!everything.includes(secret), everything);
  }
  for (const { path } of homes) {
    for (const secret of [PASSWORD, OTHER]) assertEquals(await filesWith(path, secret), []);
  }
}

terminalTest(
  "a name is registered, and from then on another device is asked until it is right",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    await register(tmux);
    await using second = new Home();
    await using other = await Tmux.open(second);
    await other.startClient(server.address, "--name", "Alice");
    await typeSecret(other, "Password of Alice", "not it at all");
    await other.untilSeen('That is not the password of "Alice"');
    await typeSecret(other, "Password of Alice", PASSWORD);
    await other.untilIn("General");
    await typeLine(other, "from the second");
    await tmux.untilSeen("[General] Alice: from the second");
    await typeLine(tmux, "/sessions");
    const screen = await tmux.untilSeen("/end N ends one");
    assertMatch(screen, /^-- #\d this one, connected since [-\d: ]+, from 127\.0\.0\.1:\d+$/m);
    const [, number] = /^-- #(\d) connected since/m.exec(screen) ?? [];
    await typeLine(tmux, `/end ${number}`);
    await other.untilSeen("Password of Alice:");
    await other.press("Escape");
    await other.untilSeen("ended 1");
    await typeLine(tmux, "still here");
    await tmux.untilSeen("[General] Alice: still here");
    await assertNowhere([home, second], tmux, other);
  },
);

terminalTest(
  "a change of the password asks the other devices, and what they typed goes out once",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    await register(tmux);
    using phone = await server.join("Alice", "General", { password: PASSWORD });
    await phone.send("password", { current: PASSWORD, password: OTHER }, "p");
    await tmux.untilSeen("Password of Alice:");
    await typeSecret(tmux, "Password of Alice", OTHER);
    await tmux.untilSeen("Connected again");
    await typeLine(tmux, "after the change");
    await tmux.untilSeen("Alice: after the change");
    const heard = (await phone.settled()).filter(({ type }) => type === "message");
    assertEquals(heard.map(({ payload }) => payload.text), ["after the change"]);
    await typeLine(tmux, "/password");
    for (const present of ["wrong, wrong", OTHER]) {
      await typeSecret(tmux, "Present password of Alice", present);
      await typeSecret(tmux, "New password", PASSWORD);
      await typeSecret(tmux, "The same again", PASSWORD);
    }
    await tmux.untilSeen("That is not the password");
    await tmux.untilSeen("has its new password");
    await typeLine(tmux, "/unregister");
    await tmux.untilSeen("-- Alice will be anybody's name again");
    await typeSecret(tmux, "Password of Alice", PASSWORD);
    await tmux.untilSeen("anyone may have it after you");
    await assertNowhere([home], tmux);
  },
);

terminalTest(
  "a secret that is cancelled changes nothing, and one on a command's line is not kept",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    await typeLine(tmux, "/register");
    await tmux.untilSeen("New password for Alice:");
    await tmux.type(PASSWORD);
    await tmux.press("Escape");
    await tmux.untilSeen("Nothing was changed\nGeneral>");
    await typeLine(tmux, "/register");
    await typeSecret(tmux, "New password for Alice", PASSWORD);
    await typeSecret(tmux, "The same again", OTHER);
    await tmux.untilSeen("The two were not the same; once more\nNew password for Alice:");
    await tmux.press("Escape");
    await tmux.untilLast("General>");
    // A password on the command's line, by mistake, is neither taken nor remembered.
    await typeLine(tmux, "/register hunter22");
    await tmux.untilSeen("asks for the password");
    await tmux.press("Up");
    await tmux.untilLast("General>");
    await tmux.press("C-d");
    await tmux.untilSeen("ended 0");
    assertEquals(await filesWith(home.path, "hunter22"), []);
    using _free = await server.join("Alice");
    await assertNowhere([home], tmux);
  },
);

terminalTest("with --plain a password is asked in a line, and not echoed", async (home, server) => {
  await using first = await openAlice(home, server);
  await register(first);
  await using second = new Home();
  await using tmux = await Tmux.open(second);
  await tmux.startClient(server.address, "--name", "Alice", "--plain");
  const question = "-- Password of Alice: type it, it is not shown; an empty line cancels";
  await tmux.untilLast(question);
  await typeLine(tmux, "not it at all");
  await tmux.untilLast(`!! That is not the password of "Alice"\n${question}`);
  await typeLine(tmux, PASSWORD);
  await tmux.untilSeen("-- Connected as Alice");
  await typeLine(tmux, "from the plain one");
  await tmux.untilSeen("\n[General] Alice: from the plain one");
  await first.untilSeen("Alice: from the plain one");
  await typeLine(tmux, "/password");
  await tmux.untilSeen("-- Present password of Alice");
  await tmux.press("Enter");
  await tmux.untilLast("-- Nothing was changed");
  // The terminal echoes again.
  await tmux.type("seen");
  await tmux.untilLast("seen");
  const everything = (await tmux.everything()).join("\n");
  assert(!everything.includes("not it at all"), everything);
  await assertNowhere([home, second], first, tmux);
});

terminalTest(
  "a person without the password is not let in, and the terminal is as it was",
  async (home) => {
    await using second = new Home();
    await using server = await second.serve(0, "--registered-only");
    await using tmux = await Tmux.open(home);
    for (const [key, more] of [["Escape", []], ["C-c", []], ["Enter", ["--plain"]]] as const) {
      await tmux.startClient(server.address, "--name", "Alice", ...more);
      await tmux.untilSeen("Password of Alice:");
      await tmux.press(key);
      await tmux.untilSeen("this server takes registered names alone\nended 1");
      await typeLine(tmux, "clear; echo seen");
      await tmux.untilSeen("seen\nshell$");
    }
  },
);

terminalTest(
  "a person who leaves stays signed in, gets messages of the meantime, and no script disturbs that",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    await register(tmux);
    await typeLine(tmux, "exit");
    await tmux.untilSeen("ended 0");
    using bob = await server.join("Bob");
    await bob.send("direct", { to: "Alice", text: "while you were away" });
    assertEquals((await bob.receive("direct")).payload.to, "Alice");
    const script = ["send", "--server", server.address, "--name", "Alice", "by a script"];
    assertEquals((await runClient(home, script)).code, 1);
    await using given = new ClientProcess(home, script, { CHAT_PASSWORD: PASSWORD });
    assertEquals((await given.finish()).code, 0);
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilIn("General");
    await tmux.untilSeen("[Bob > Alice] while you were away");
    // Ending the session signs out.
    await typeLine(tmux, "/sessions");
    const [, number] = /#(\d) this one/.exec(await tmux.untilSeen("/end N ends one")) ?? [];
    await typeLine(tmux, `/end ${number}`);
    await tmux.untilSeen("ended 0");
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilSeen("Password of Alice:");
    await tmux.press("Escape");
    await tmux.untilSeen("ended 1");
  },
);

terminalTest(
  "a session that nobody could come back to ends with its client",
  async (home, server) => {
    await using first = await openAlice(home, server);
    await register(first);
    await using elsewhere = new Home();
    await using second = await Tmux.open(elsewhere);
    // The token is in the first client's outbox.
    await typeLine(second, `export XDG_STATE_HOME='${home.path}/state'`);
    await second.startClient(server.address, "--name", "Alice");
    await typeSecret(second, "Password of Alice", PASSWORD);
    await second.untilIn("General");
    await typeLine(second, "exit");
    await second.untilSeen("ended 0");
    await typeLine(first, "/sessions");
    const screen = await first.untilSeen("/end N ends one");
    assertEquals(screen.match(/^-- #\d/gm)?.length, 1, screen);
  },
);

/**
 * A server that asks for a password, accepts none for `wait` milliseconds, and then any.
 * Returns the texts of the messages that it gets.
 */
async function* slowToLetIn(listener: Deno.TcpListener, wait: number): AsyncGenerator<string> {
  const say = (conn: Deno.TcpConn, type: string, payload: unknown) =>
    conn.write(new TextEncoder().encode(JSON.stringify({ type, payload }) + "\n"));
  const refusals = [
    { code: "password_required", message: "It needs a password" },
    { code: "rate_limited", message: "Too many wrong passwords", retry_after: wait },
  ];
  for (const refusal of refusals) {
    using conn = await listener.accept();
    await conn.read(new Uint8Array(4096));
    await say(conn, "error", refusal);
  }
  const conn = await listener.accept();
  const lines = conn.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
    new TextLineStream(),
  );
  for await (const line of lines) {
    const { type, payload } = JSON.parse(line);
    if (type === "message") yield payload.text;
    if (type !== "connect") continue;
    const rooms = [{ room: "General", seq: 0 }];
    await say(conn, "connect_ack", { message: "", name: "Alice", version: 2, session: "s", rooms });
  }
}

for (const [kind, more] of [["", []], [", with --plain too", ["--plain"]]] as const) {
  terminalTest(
    `what is typed while the server takes no password is not said once it has let in${kind}`,
    async (home) => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const said = slowToLetIn(listener, 3_000);
      const first = said.next().then(({ value }) => value, String);
      await using tmux = await Tmux.open(home);
      await tmux.startClient(`127.0.0.1:${listener.addr.port}`, "--name", "Alice", ...more);
      await tmux.untilSeen("Password of Alice");
      await typeLine(tmux, PASSWORD);
      await tmux.untilSeen("Too many wrong passwords");
      await typeLine(tmux, OTHER);
      await (kind === "" ? tmux.untilLast("General>") : tmux.untilSeen("-- Connected as Alice"));
      await typeLine(tmux, "this one");
      assertEquals(await first, "this one");
      await tmux.press("C-d");
      await said.return(undefined);
    },
  );
}
