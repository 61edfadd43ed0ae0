import { assert, assertEquals, assertMatch } from "@std/assert";
import { styler } from "../../../client/display/colors.ts";
import { EMPTY_EDITOR, insert } from "../../../client/editor/editor.ts";
import { layOut } from "../../../client/display/prompt.ts";
import { encode } from "../../../protocol/mod.ts";
import { programArguments, runClient } from "../../fixtures/client.ts";
import { acknowledgement } from "../../fuzz/events.ts";
import { killClient, openAlice, terminalTest, Tmux } from "../../fixtures/tmux.ts";

terminalTest(
  "what is typed is sent, shown with its time, and leaves an empty line",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    await tmux.type("hello wörld 日本");
    await tmux.untilLast("General> hello wörld 日本");
    await tmux.press("Enter");
    const screen = await tmux.untilSeen("Alice: hello wörld 日本\nGeneral>");
    assertMatch(screen, /^\d\d:\d\d \[General\] Alice: hello wörld 日本$/m);
  },
);

terminalTest("a flood never touches the line being typed", async (home, server) => {
  await using tmux = await openAlice(home, server);
  using bob = await server.join("Bob");
  await tmux.untilSeen("Bob has joined");
  const flood = (async () => {
    for (let index = 0; index < 3_000; index++) {
      await bob.send("message", { text: `flood ${index}` });
    }
  })();
  const words = "typing a line while three thousand messages arrive".split(" ");
  let typed = "";
  for (const word of words) {
    await tmux.type(`${word} `);
    typed += `${word} `;
    const last = (await tmux.until((screen) =>
      (screen.split("\n").at(-1) ?? "") === `General> ${typed}`.trimEnd()
    )).split("\n").at(-1);
    assertEquals(last, `General> ${typed}`.trimEnd());
  }
  await flood;
  await tmux.untilSeen("flood 2999");
  await tmux.untilLast(`General> ${typed}`.trimEnd());
  const told = (await tmux.everything()).filter((row) => row.includes("flood"));
  // tmux keeps 2,000 rows, which must have every message once, in order.
  const last = told.slice(-1_500).map((row) => Number(/flood (\d+)$/.exec(row)?.[1]));
  assertEquals(last, Array.from({ length: 1_500 }, (_, index) => 1_500 + index));
});

terminalTest(
  "a resize keeps the line, in the middle of a wide character too",
  async (home, server) => {
    await using tmux = await openAlice(home, server, 80);
    const typed = "日本語のとても長い一行です。 and narrow letters behind it, to the end of it all";
    await tmux.press("C-l");
    await tmux.type(typed);
    // tmux reports a resize only after a moment without another.
    const laidOut = (columns: number) => {
      const input = { editor: insert(EMPTY_EDITOR, typed), prompt: "General> " };
      const parts = { ...input, drafts: [], status: undefined, hint: undefined };
      const { rows } = layOut(parts, { columns, rows: 24 }, styler("none"));
      return rows.map(({ text }) => text.trimEnd()).join("\n");
    };
    for (const columns of [40, 21, 20, 33, 11, 80, 120]) {
      await tmux.resize(columns);
      await tmux.until((screen) => screen === laidOut(columns), `${columns} columns`);
    }
    await tmux.press("Enter");
    const screen = await tmux.untilSeen(`Alice: ${typed}\nGeneral>`);
    assertEquals(screen.split("General> 日").length, 1, "no prompt is left behind");
  },
);

terminalTest(
  "a paste of many lines is one message, and sends nothing by itself",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    using bob = await server.join("Bob");
    await tmux.untilSeen("Bob has joined");
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index}`);
    await tmux.paste(lines.join("\n"));
    await tmux.untilLast("line 59");
    assertEquals(await bob.settled(), []);
    await tmux.press("Enter");
    await tmux.untilIn("General");
    const { payload } = await bob.receive("message");
    assertEquals(payload.text, lines.join("\n"));
  },
);

terminalTest(
  "a lost link is shown, and what is typed goes out once it is back",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    await tmux.type("before");
    await tmux.press("Enter");
    await tmux.untilSeen("Alice: before");
    await server.crash();
    await tmux.untilSeen("offline since");
    await tmux.type("while away");
    await tmux.press("Enter");
    await tmux.untilSeen("… [General] while away");
    await tmux.type("half a line");
    await using _again = await home.serve(server.port);
    const screen = await tmux.until((screen) =>
      screen.includes("Connected again") && !screen.includes("offline since") &&
      screen.includes("Alice: while away") && screen.endsWith("General> half a line")
    );
    assertEquals(screen.split("Alice: before").length, 2, "nothing is shown twice");
    assertEquals(screen.split("Alice: while away").length, 2);
  },
);

terminalTest("rooms keep what was said in them until one goes there", async (home, server) => {
  await using tmux = await openAlice(home, server);
  await tmux.type("/join Work");
  await tmux.press("Enter");
  await tmux.untilLast("Work>");
  using bob = await server.join("Bob");
  await bob.send("message", { text: "first" });
  await bob.send("message", { text: "hey Alice" });
  await tmux.untilLast("Work (General 2!)>");
  assert(!(await tmux.screen()).includes("hey Alice"));
  await tmux.press("M-a");
  const screen = await tmux.until((screen) => screen.endsWith("General>"));
  assertMatch(
    screen,
    /── 2 unread, 1 with your name ─+\n.*Bob: first\n.*Bob: hey Alice\nGeneral>$/,
  );
  await tmux.press("M-2");
  await tmux.untilLast("Work>");
});

terminalTest("a redrawn line leaves no copy in the scrollback", async (home, server) => {
  await using tmux = await openAlice(home, server);
  const rowsOf = async (text: string) =>
    (await tmux.everything()).filter((row) => row.includes(text)).length;
  assertEquals(await rowsOf("connecting"), 0);
  await tmux.press("C-l");
  for (const word of ["several ", "words, ", "one ", "by ", "one"]) await tmux.type(word);
  await tmux.untilLast("General> several words, one by one");
  assertEquals(await rowsOf("General>"), 1);
  await tmux.press("C-u");
  await tmux.paste(Array.from({ length: 9 }, (_, index) => `draft ${index}`).join("\n"));
  await tmux.untilLast("draft 8");
  for (const rows of [5, 2, 1, 3]) {
    await tmux.resize(80, rows);
    await tmux.type("x");
    await tmux.until((screen) => screen.split("\n").length <= rows && /draft 8x+$/.test(screen));
    assertEquals(await rowsOf("draft 8"), 1, `${rows} rows`);
  }
});

terminalTest("the terminal is given back on every way out", async (home, server) => {
  await using tmux = await Tmux.open(home);
  const ways: [string, (tmux: Tmux) => Promise<void>, string][] = [
    ["exit", async (tmux) => (await tmux.type("exit"), await tmux.press("Enter")), "ended 0"],
    ["/quit", async (tmux) => (await tmux.type("/quit"), await tmux.press("Enter")), "ended 0"],
    ["Ctrl-D", (tmux) => tmux.press("C-d"), "ended 0"],
    ["Ctrl-C", async (tmux) => (await tmux.type("x"), await tmux.press("C-c", "C-c")), "ended 0"],
    ["SIGTERM", async () => await killClient("TERM", server), "ended 143"],
    ["SIGHUP", async () => await killClient("HUP", server), "ended 129"],
  ];
  for (const [way, leave, ending] of ways) {
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilIn("General");
    await leave(tmux);
    await tmux.until((screen) => screen.endsWith(`${ending}\nshell$`), way);
    // The shell echoes again, and a line end is a line end.
    await tmux.type("echo back again");
    await tmux.untilLast("shell$ echo back again");
    await tmux.press("Enter");
    await tmux.untilSeen("\nback again");
  }
});

terminalTest("Ctrl-Z gives the terminal to the shell, and fg comes back", async (home, server) => {
  await using tmux = await openAlice(home, server);
  await tmux.type("half a line");
  await tmux.untilLast("General> half a line");
  await tmux.press("C-z");
  await tmux.until((screen) => screen.endsWith("shell$"));
  await tmux.type("echo in the shell");
  await tmux.press("Enter");
  await tmux.untilSeen("\nin the shell");
  await tmux.type("fg");
  await tmux.press("Enter");
  await tmux.untilLast("General> half a line");
  await tmux.press("Enter");
  await tmux.untilSeen("Alice: half a line");
});

terminalTest("Ctrl-Z gives the terminal back under deno task too", async (home, server) => {
  await using tmux = await Tmux.open(home);
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  await tmux.type(
    `'${Deno.execPath()}' task --config '${config}' client ${server.address} --name Alice`,
  );
  await tmux.press("Enter");
  await tmux.untilIn("General");
  // A signal that the task runner got the first time must not be forwarded the second time.
  for (const line of ["one", "two"]) {
    await tmux.press("C-z");
    await tmux.untilLast("shell$");
    await tmux.type("fg");
    await tmux.press("Enter");
    await tmux.untilIn("General");
    await tmux.type(line);
    await tmux.press("Enter");
    await tmux.untilSeen(`Alice: ${line}`);
  }
});

terminalTest("Ctrl-Z stops nobody where there is no shell to go back to", async (home, server) => {
  await using tmux = await Tmux.open(home);
  const command = [Deno.execPath(), ...programArguments("client.ts"), server.address];
  await tmux.type(`exec ${command.map((word) => `'${word}'`).join(" ")} --name Alice`);
  await tmux.press("Enter");
  await tmux.untilIn("General");
  await tmux.press("C-z");
  await tmux.untilSeen("Ctrl-Z: there is no shell to go back to");
  await tmux.type("still here");
  await tmux.press("Enter");
  await tmux.untilSeen("Alice: still here");
});

terminalTest("a newcomer is greeted once connected, and not before", async (home) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using tmux = await Tmux.open(home);
  await tmux.startClient(`127.0.0.1:${listener.addr.port}`, "--name", "Alice");
  using conn = await listener.accept();
  const early = await tmux.untilSeen("connecting\nGeneral>");
  assert(!early.includes("Enter sends"), early);
  await conn.write(new TextEncoder().encode(encode(acknowledgement("Alice", "General"))));
  await tmux.untilSeen("-- Type, and Enter sends");
});

for (const more of [[], ["--plain"]]) {
  terminalTest(
    `/reconnect is no lost link, and goes on ${more.join(" ")}`.trim(),
    async (home, server) => {
      await using tmux = await Tmux.open(home);
      await tmux.startClient(server.address, "--name", "Alice", ...more);
      await tmux.untilSeen(more.length === 0 ? "Enter sends" : "-- Connected as Alice; /help");
      await tmux.type("/reconnect");
      await tmux.press("Enter");
      const screen = await tmux.untilSeen("-- Connecting again\n-- Connected again");
      assert(!screen.includes("is gone"), screen);
      await tmux.type("over the new one");
      await tmux.press("Enter");
      await tmux.untilSeen("[General] Alice: over the new one");
    },
  );
}

terminalTest(
  "a first connection that fails is tried again, and a newcomer is asked who they are",
  async (home, server) => {
    await using tmux = await Tmux.open(home);
    await tmux.startClient("127.0.0.1:1", "--name", "Alice");
    await tmux.untilSeen("Cannot connect to 127.0.0.1:1: nothing listens there");
    await tmux.untilSeen("trying to connect again");
    await tmux.untilSeen("offline since");
    await tmux.press("C-c");
    await tmux.untilSeen("ended 0");
    await tmux.startClient(server.address);
    await tmux.untilSeen("Your name:");
    await tmux.type(" \u00a0");
    await tmux.press("Enter");
    await tmux.untilSeen("try another");
    await tmux.type("Zoë");
    await tmux.press("Enter");
    await tmux.untilSeen("Room [General]:");
    await tmux.type("Lab");
    await tmux.press("Enter");
    await tmux.untilLast("Lab>");
  },
);

terminalTest(
  "a name that is taken is waited for, and /nick takes another one",
  async (home, server) => {
    const holder = await server.join("alice");
    using _bob = await server.join("Bob");
    await using tmux = await Tmux.open(home, 120);
    await tmux.startClient(server.address, "--name", "Bob");
    await tmux.untilSeen("with /nick NAME; trying");
    await tmux.type("/nick Alice");
    await tmux.press("Enter");
    await tmux.untilSeen("-- Connecting as Alice");
    await tmux.untilSeen('The name "Alice" is taken');
    await tmux.type("typed early");
    await tmux.press("Enter");
    await holder.send("quit");
    await holder.rest();
    await tmux.untilSeen("[General] Alice: typed early");
  },
);

terminalTest(
  "people who are ignored stay so in the next start, and count nowhere",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    using eve = await server.join("Eve", "Work");
    using bob = await server.join("Bob", "Work");
    await tmux.enter("/join Work");
    await tmux.untilSeen("Work>");
    await tmux.enter("/ignore Eve");
    await tmux.untilSeen("Eve is not shown any more");
    await tmux.press("C-d");
    await tmux.untilSeen("ended 0");
    await eve.send("message", { text: "spam" });
    await eve.settled();
    await tmux.startClient(server.address, "--name", "Alice", "--room", "Work");
    await tmux.untilIn("Work");
    await eve.send("message", { text: "spam, Alice" });
    await eve.settled();
    await bob.send("message", { text: "ham" });
    const screen = await tmux.untilSeen("Bob: ham");
    assert(!screen.includes("spam") && !screen.includes("unread"), screen);
    await tmux.enter("/ignore");
    await tmux.untilSeen("You ignore Eve");
    await tmux.enter("/unread");
    await tmux.untilSeen("Nothing is unread");
  },
);

terminalTest(
  "what was typed comes back in the next start, Tab and Ctrl-R find things",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    await runClient(home, [server.address, "--name", "Bob"], ["hi"]);
    await tmux.untilSeen("Bob: hi");
    await tmux.type("bo");
    await tmux.press("Tab");
    await tmux.untilLast("General> Bob:");
    await tmux.type("welcome");
    await tmux.press("Enter");
    await tmux.untilSeen("Alice: Bob: welcome");
    await tmux.press("C-d");
    await tmux.untilSeen("ended 0");
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilIn("General");
    await tmux.press("Up");
    await tmux.untilLast("General> Bob: welcome");
    await tmux.press("C-u", "C-r");
    await tmux.type("welc");
    await tmux.untilLast('(found "welc") Bob: welcome');
    await tmux.press("End");
    await tmux.untilLast("General> Bob: welcome");
  },
);

terminalTest("text from others moves no cursor and fakes no line", async (home, server) => {
  await using tmux = await openAlice(home, server, 60);
  using eve = await server.join("Eve");
  await tmux.type("typed");
  const attacks = [
    "\x1b[2J\x1b[1;1Hcleared",
    "\x1b]52;c;aGk=\x07 \x1b]0;title\x1b\\ \x1bP1$r\x1b\\",
    `x\n12:00 [General] Alice: I said this`,
    `${" ".repeat(60 - "12:00 [General] Eve: ".length)}12:00 [General] Alice: I said that`,
    "\u202egnp.exe \u2066x\u2069 a\u200bb",
  ];
  for (const text of attacks) await eve.send("message", { text });
  await eve.send("message", { text: "last" });
  await tmux.untilSeen("Eve: last");
  await tmux.untilLast("General> typed");
  const screen = await tmux.screen();
  assert(!/^12:00/m.test(screen), screen);
  assert(screen.includes("␛[2J␛[1;1Hcleared"), screen);
  assert(screen.includes("<U+202E>gnp.exe"), screen);
});

terminalTest("NO_COLOR and TERM=dumb are respected", async (home, server) => {
  await using tmux = await Tmux.open(home);
  await tmux.type("export NO_COLOR=1");
  await tmux.press("Enter");
  await tmux.startClient(server.address, "--name", "Alice");
  await tmux.untilIn("General");
  await tmux.type("hello");
  await tmux.press("Enter");
  await tmux.untilSeen("Alice: hello");
  assert(!(await tmux.colors()).includes("\x1b["));
  await tmux.press("C-d");
  await tmux.untilSeen("ended 0");
  await tmux.type("export TERM=dumb");
  await tmux.press("Enter");
  await tmux.startClient(server.address, "--name", "Alice");
  await tmux.type("plainly");
  await tmux.press("Enter");
  await tmux.untilSeen("[General] Alice: plainly");
});
