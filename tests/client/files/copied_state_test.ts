/**
 * State directories that come back from a copy: restored from a backup, or used on two
 * machines. In every case the log has each typed line once, in order.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import { LineReader, type ServerProcess } from "../../fixtures/process.ts";
import { terminalTest, Tmux } from "../../fixtures/tmux.ts";

/** The messages in the rooms, by the log. */
async function logOf(server: ServerProcess, room = "General"): Promise<string[]> {
  using reader = await server.join("Reader", room);
  await reader.send("history", { room, limit: 500 });
  for (const { type, payload } of await reader.settled()) {
    if (type === "history") return payload.messages.map(({ text }: { text: string }) => text);
  }
  throw new Error("There was no answer to history");
}

/** Copies the state of the client that lives in `home`, as `cp -r` does, also while it runs. */
function copyState(home: Home, to = new Home()): Home {
  const path = `${home.path}/state/chat-client`;
  const copy = `${to.path}/state/chat-client`;
  Deno.mkdirSync(copy, { recursive: true, mode: 0o700 });
  for (const { name } of Deno.readDirSync(path)) {
    Deno.copyFileSync(`${path}/${name}`, `${copy}/${name}`);
  }
  return to;
}

function outboxOf(home: Home): string {
  const directory = `${home.path}/state/chat-client`;
  const [file] = [...Deno.readDirSync(directory)].filter(({ name }) => /^outbox.*l$/.test(name));
  return `${directory}/${file?.name}`;
}

/** The refs that an outbox has given, in their order. */
function refsIn(home: Home): number[] {
  const text = Deno.readTextFileSync(outboxOf(home));
  return [...text.matchAll(/"draft":\{"ref":(\d+)/g)].map(([, ref]) => Number(ref));
}

/** Sends texts one after the other, and is killed: its session stays. */
async function sayAndDie(home: Home, args: string[], ...texts: string[]): Promise<void> {
  await using client = new ClientProcess(home, args);
  for (const text of texts) {
    await client.type(text);
    await client.stdout.until(`Alice: ${text}`);
  }
  client.kill("SIGKILL");
  await client.ended();
}

/** Alice's client, and a copy of its state after her first message; later messages followed. */
async function restored(server: ServerProcess, home: Home): Promise<Home> {
  const args = [server.address, "--name", "Alice"];
  await sayAndDie(home, args, "one");
  const backup = copyState(home);
  await sayAndDie(home, args, "two", "three");
  return backup;
}

Deno.test("a pipe from a restored state says all that it is given", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using backup = await restored(server, home);
  const args = [server.address, "--name", "Alice"];
  const { code, stdout } = await runClient(backup, args, ["four", "five", "five"]);
  assertEquals([code, stdout.slice(-3)], [
    0,
    ["[General] Alice: four", "[General] Alice: five", "[General] Alice: five"],
  ]);
  assertEquals(await logOf(server), ["one", "two", "three", "four", "five", "five"]);
});

Deno.test("send from a restored state says its text, and ends with 0 only then", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using backup = await restored(server, home);
  const args = ["send", "--name", "Alice", "--server", server.address];
  // A text sent before is sent again: it is another message.
  assertEquals((await runClient(backup, [...args, "two"])).code, 0);
  assertEquals((await runClient(backup, [...args, "four"])).code, 0);
  assertEquals(await logOf(server), ["one", "two", "three", "two", "four"]);
});

Deno.test("--json tells a bot of its used refs, and up to where they are used", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Bot", "--json"];
  const say = (text: string, ref: number, id: string) =>
    JSON.stringify({ type: "message", id, payload: { text, ref } });
  await using first = new ClientProcess(home, args);
  await first.type(say("one", 1, "a"));
  await first.stdout.until('"one"');
  first.kill("SIGKILL");
  await first.ended();
  await using second = new ClientProcess(home, args);
  const ack = JSON.parse(await second.stdout.until("connect_ack"));
  assertEquals([ack.payload.resumed, ack.payload.ref], [true, 1]);
  await second.type(say("two", 1, "b"), say("one", 1, "c"), say("two", 2, "d"));
  const { code, stdout } = await second.finish();
  const answers = stdout.map((line) => JSON.parse(line));
  assertEquals(
    answers.map(({ id, type, payload }) => [id, type, payload.code ?? payload.text, payload.ref]),
    [["b", "error", "ref_used", 1], ["c", "message", "one", 1], ["d", "message", "two", 2]],
  );
  assertEquals([code, await logOf(server)], [0, ["one", "two"]]);
});

Deno.test("a draft that was sent in one session is not sent again in the next, --json's neither", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alice"];
  assertEquals((await runClient(home, args, ["one"])).code, 0);
  // The state of a client killed before the answer, in a session that has ended since.
  const ref = 9_999_999;
  const lines = [{ draft: { ref, target: { room: "General" }, text: "doubtful" } }, { sent: ref }];
  const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
  Deno.writeTextFileSync(outboxOf(home), text, { append: true });
  await using json = new ClientProcess(home, [...args, "--json"]);
  assertEquals(JSON.parse(await json.stdout.until("connect_ack")).payload.resumed, false);
  json.kill("SIGKILL");
  await json.ended();
  const { code, stderr } = await runClient(home, args, ["two"]);
  assertEquals([code, await logOf(server)], [1, ["one", "two"]]);
  assertStringIncludes(stderr.join("\n"), "it may or may not have arrived. Not sent again");
});

Deno.test("the outbox of a copied state directory is sent once, in its order, by whichever client comes first", async () => {
  await using home = new Home();
  await using first = await home.serve();
  const args = [first.address, "--name", "Alice", "--retry", "60"];
  await using client = new ClientProcess(home, args);
  await client.type("one");
  await client.stdout.until("one");
  await first.crash();
  await client.stderr.until("trying to connect again");
  await client.type("kept 1", "kept 2");
  await untilOutboxHas(home, "kept 2");
  await using backup = copyState(home);
  await client.type("kept 3");
  await untilOutboxHas(home, "kept 3");
  await using server = await home.serve(first.port);
  await client.stdout.until("kept 3");
  client.kill("SIGKILL");
  await client.ended();
  // Lines typed at the copy, under a used ref and under a new one.
  const used = refsIn(home).at(-1) ?? 0;
  const more = [used, used + 1].map((ref, index) => {
    const draft = { ref, target: { room: "general" }, text: `typed ${index + 1}` };
    return JSON.stringify({ draft }) + "\n";
  });
  Deno.writeTextFileSync(outboxOf(backup), more.join(""), { append: true });
  const { code } = await runClient(backup, args, ["new"]);
  assertEquals(code, 0);
  const said = ["one", "kept 1", "kept 2", "kept 3", "typed 1", "typed 2", "new"];
  assertEquals(await logOf(server), said);
});

Deno.test("a copy says again directly, and in another room, what its refs were not used for", async () => {
  await using home = new Home();
  await using server = await home.serve();
  using bob = await server.join("Bob", "Lab");
  const args = [server.address, "--name", "Alice"];
  await sayAndDie(home, args, "one", "two");
  const [, second = 0] = refsIn(home);
  for (const target of [{ to: "Bob" }, { room: "Lab" }]) {
    await using copy = copyState(home);
    const draft = JSON.stringify({ draft: { ref: second, target, text: "two" } });
    Deno.writeTextFileSync(outboxOf(copy), draft + "\n", { append: true });
    await using client = new ClientProcess(copy, [...args, "--room", "Lab"]);
    await client.type("then");
    await client.stdout.until("Alice: then");
    client.kill("SIGKILL");
    await client.ended();
  }
  const told = (await bob.settled()).filter(({ type }) => type !== "notification");
  assertEquals(told.map(({ type, payload }) => `${type} ${payload.text}`), [
    ...["direct two", "message then"],
    ...["message two", "message then"],
  ]);
  assertEquals(await logOf(server), ["one", "two"]);
});

Deno.test("two copies that talk in turns say all that is typed at either", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alice"];
  await sayAndDie(home, args, "begin");
  await using other = copyState(home);
  const typed = ["begin"];
  for (let turn = 0; turn < 3; turn++) {
    for (const each of [home, other]) {
      const texts = [`${turn}`, "ok"];
      await sayAndDie(each, args, ...texts);
      typed.push(...texts);
    }
  }
  assertEquals(await logOf(server), typed);
});

Deno.test("of two copies at once each takes the session over, and loses and doubles nothing", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alice"];
  await sayAndDie(home, args, "begin");
  await using other = copyState(home);
  const typed: string[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await using one = new ClientProcess(home, args);
    await one.type(`one ${turn}`);
    await one.stdout.until(`one ${turn}`);
    await using two = new ClientProcess(other, args);
    await two.type(`two ${turn}`);
    await two.stdout.until(`two ${turn}`);
    typed.push(`one ${turn}`, `two ${turn}`);
    const { code, stderr } = await one.ended();
    assertEquals(code, 1);
    assertStringIncludes(stderr.at(-1) ?? "", "This session went on over a newer connection");
    two.kill("SIGKILL");
    await two.ended();
  }
  assertEquals(await logOf(server), ["begin", ...typed]);
});

Deno.test("of many sends from two copies in parallel, each that ended with 0 was said once", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await sayAndDie(home, [server.address, "--name", "Alice"], "begin");
  await using other = copyState(home);
  const args = ["send", "--name", "Alice", "--server", server.address];
  const said: string[] = [];
  const send = async (from: Home, text: string) => {
    if ((await runClient(from, [...args, text])).code === 0) said.push(text);
  };
  for (let round = 0; round < 4; round++) {
    await Promise.all([send(home, `one ${round}`), send(other, `two ${round}`)]);
  }
  const log = await logOf(server);
  for (const text of said) assertEquals(log.filter((each) => each === text), [text]);
  assertEquals(new Set(log).size, log.length);
});

terminalTest(
  "a terminal whose state is a copy says what is typed, and what the other says is its own's",
  async (home, server) => {
    const args = [server.address, "--name", "Alice"];
    await sayAndDie(home, args, "begin");
    await using other = copyState(home);
    await sayAndDie(other, args, "by the other");
    await using tmux = await Tmux.open(home, 80, 30);
    await tmux.startClient(...args);
    await tmux.untilIn("General");
    await tmux.type("typed here\r");
    await tmux.until((screen) => screen.includes("Alice: typed here") && !screen.includes("…"));
    // The other copy takes the session over.
    await sayAndDie(other, args, "typed there");
    await tmux.untilSeen("This session went on over a newer connection");
    await tmux.untilSeen("ended 1");
    await tmux.startClient(...args);
    await tmux.untilIn("General");
    await tmux.type("typed there\r");
    // The other's is shown from the history, the own one once the server has it.
    await tmux.until((screen) => screen.split("Alice: typed there").length === 3);
    assertEquals(await logOf(server), [
      ...["begin", "by the other", "typed here", "typed there", "typed there"],
    ]);
  },
);

Deno.test("a server whose file was restored says what its clients have not said to it", async () => {
  await using home = new Home();
  await using machine = new Home();
  const first = await machine.serve();
  const args = [first.address, "--name", "Alice"];
  await sayAndDie(home, args, "one");
  await first.crash();
  const file = `${machine.path}/chat.db`;
  // The WAL is copied too.
  const suffixes = ["", "-wal", "-shm"];
  for (const suffix of suffixes) Deno.copyFileSync(file + suffix, `${file}.backup${suffix}`);
  {
    await using server = await machine.serve(first.port);
    await sayAndDie(home, args, "lost with the server's file");
    await server.crash();
  }
  for (const suffix of suffixes) Deno.copyFileSync(`${file}.backup${suffix}`, file + suffix);
  await using server = await machine.serve(first.port);
  assertEquals((await runClient(home, args, ["two"])).code, 0);
  assertEquals(await logOf(server), ["one", "two"]);
});

/** A server from before refs were compared: it answers a used ref with its message. */
class FormerServer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly texts: string[] = [];
  /** The highest ref at first, and then. */
  #highest: number;

  constructor(highest: number) {
    this.#highest = highest;
  }

  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async serveOne(): Promise<void> {
    using conn = await this.#listener.accept();
    const requests = new LineReader(conn.readable);
    const writer = conn.writable.getWriter();
    for (let line = await requests.next(); line !== undefined; line = await requests.next()) {
      const answer = this.#answer(JSON.parse(line));
      if (answer === undefined) break;
      await writer.write(new TextEncoder().encode(JSON.stringify(answer) + "\n"));
    }
    await writer.close();
  }

  // deno-lint-ignore no-explicit-any -- requests of every type
  #answer({ type, id, payload }: any): unknown {
    if (type === "quit") return undefined;
    if (type === "connect") {
      const rooms = [{ room: "General", seq: 3 }];
      const more = { version: 2, session: "token", resumed: payload.session === "token", rooms };
      return { type: "connect_ack", payload: { message: "", name: "Alice", ...more } };
    }
    if (type !== "message") return { type: "pong", id, payload: {} };
    const { room, ref } = payload;
    const said = ref > this.#highest ? payload.text : "what was said then";
    if (ref > this.#highest) this.texts.push(said);
    this.#highest = Math.max(this.#highest, ref);
    const message = { sender: "Alice", room, text: said, seq: 3 + this.texts.length, at: 0, ref };
    return { type: "message", id, payload: message };
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

Deno.test("a client takes no old message for its own, of a server that does not compare", async () => {
  for (const isFar of [false, true]) {
    await using home = new Home();
    using server = new FormerServer(isFar ? Number.MAX_SAFE_INTEGER : 1);
    const args = [server.address, "--name", "Alice"];
    const [first] = await Promise.all([runClient(home, args), server.serveOne()]);
    assertEquals(first.code, 0);
    const draft = { draft: { ref: 1, target: { room: "General" }, text: "mine" } };
    Deno.writeTextFileSync(outboxOf(home), JSON.stringify(draft) + "\n", { append: true });
    const [{ code, stderr }] = await Promise.all([runClient(home, args), server.serveOne()]);
    if (!isFar) assertEquals([code, server.texts], [0, ["mine"]]);
    else {
      assertEquals([code, server.texts], [1, []]);
      assertStringIncludes(stderr.join("\n"), "The server took it for an earlier message");
      assert(stderr.join("\n").includes("mine"));
    }
  }
});

async function untilOutboxHas(home: Home, text: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (Deno.readTextFileSync(outboxOf(home)).includes(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The outbox never had "${text}"`);
}
