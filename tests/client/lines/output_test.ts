/** Every mode, with every kind of output that takes nothing now, or never, or little at a time. */

import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { Home, programArguments } from "../../fixtures/client.ts";
import { hasProgram, TestProcess } from "../../fixtures/process.ts";

const canRun = Deno.build.os === "linux" && await hasProgram("python3");

/** More than pipes, sockets and the client's own queue hold between them. */
const TEXTS = Array.from({ length: 400 }, (_, index) => `${index} ${"x".repeat(1_000)}`);
const JSON_LINES = TEXTS.map((text) => JSON.stringify({ type: "message", payload: { text } }));

interface Mode {
  readonly args: readonly string[];
  /** Lines of input; without them the input stays open. */
  readonly input?: readonly string[];
  /** The end of complete output; empty where nothing is printed. */
  readonly last: string;
  /** Whether the output is larger than a pipe. */
  readonly isLong?: boolean;
  /** Whether it needs no server. */
  readonly isLocal?: boolean;
}

const LAST = `${TEXTS.at(-1)}\n`;

const MODES: Readonly<Record<string, Mode>> = {
  "pipe": { args: [], input: TEXTS, last: LAST, isLong: true },
  "--plain": { args: ["--plain"], input: TEXTS, last: LAST, isLong: true },
  "--json": { args: ["--json"], input: JSON_LINES, last: "}}\n", isLong: true },
  "send": { args: ["send", "--room", "Echo", "--", "Hi"], last: "" },
  "tail": { args: ["tail", "-n", "400"], last: LAST, isLong: true },
  "tail --json": { args: ["tail", "-n", "400", "--json"], last: "}}\n", isLong: true },
  "search": { args: ["search", "-n", "400", "--", "399"], last: LAST },
  "rooms": { args: ["rooms"], last: "\n" },
  "who": { args: ["who"], last: "Sayer\n" },
  "completions": { args: ["completions", "bash"], last: "chat-client\n", isLocal: true },
  "--help": { args: ["--help"], last: "\n", isLocal: true },
  "--version": { args: ["--version"], last: "\n", isLocal: true },
};

/** A client with an output of one kind; see output.py. */
class Client extends TestProcess {
  constructor(kind: string, home: Home, args: readonly string[]) {
    const program = [Deno.execPath(), ...programArguments("client.ts"), ...args];
    super(["python3", "tests/fixtures/output.py", kind, ...program], {
      ...home.env,
      TERM: "xterm",
    });
  }

  /** The next thing that is told of it. */
  async told(): Promise<{ pid: number; stalled?: true; code?: number; output: string }> {
    return JSON.parse(await this.line());
  }

  /** Types `lines` and ends the input; without lines it stays open. */
  async feed(lines: readonly string[] | undefined): Promise<void> {
    // It may end before it has read everything: then its exit code says why.
    if (lines !== undefined) await this.type(...lines).then(() => this.endInput(), () => {});
  }
}

/** A server in a home of its own, with much in its room. */
async function serve() {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(new Home());
  const server = stack.use(await home.serve(0, "--byte-rate", "0"));
  const sayer = stack.use(await server.join("Sayer"));
  for (const text of TEXTS) await sayer.send("message", { text });
  await sayer.settled();
  const served = stack.move();
  return { home, server, sayer, [Symbol.asyncDispose]: () => served.disposeAsync() };
}

/** Fails unless the signal ends the client with this code, soon. */
async function endsOn(client: Client, pid: number, signal: Deno.Signal, code: number) {
  const asked = performance.now();
  Deno.kill(pid, signal);
  assertEquals((await client.told()).code, code);
  assertLess(performance.now() - asked, 6_000);
}

function argumentsOf({ args: [first = "", ...rest], input, isLocal = false }: Mode, port: number) {
  if (isLocal) return [first, ...rest];
  // Tests of input talk in a room of their own, so that the other tests do not print their messages.
  const room = input === undefined ? [] : ["--room", "Echo"];
  // No mode inherits what another left in its outbox.
  const name = `Alice ${crypto.randomUUID().slice(0, 8)}`;
  const who = ["--name", name, "--server", `127.0.0.1:${port}`, ...room];
  return first === "" || first.startsWith("-")
    ? [...who, ...first ? [first] : []]
    : [first, ...who, ...rest];
}

const FULL = "chat-client: Cannot write all of the output: No space left on device";
const CUT = "chat-client: Nobody reads the output any more, so the rest of the input was not sent";

Deno.test({
  name: "in every mode, a full output is one line and exit code 1",
  ignore: !canRun,
  async fn(test) {
    await using served = await serve();
    const { home, server } = served;
    for (const [name, mode] of Object.entries(MODES)) {
      await test.step(name, async () => {
        await using client = new Client("full", home, argumentsOf(mode, server.port));
        const [, ended] = [await client.told(), client.told()];
        await client.feed(mode.input);
        const expected = mode.last === "" ? [0, ""] : [1, FULL];
        assertEquals([(await ended).code, (await client.stderr.rest()).join("\n")], expected);
      });
    }
  },
});

Deno.test({
  name: "in every mode, a reader that goes away ends the client without a trace",
  ignore: !canRun,
  async fn(test) {
    await using served = await serve();
    const { home, server } = served;
    const modes = {
      ...MODES,
      "tail --follow": { args: ["tail", "-n", "1", "--follow"], last: "" },
    };
    for (const [name, mode] of Object.entries<Mode>(modes)) {
      await test.step(name, async () => {
        await using client = new Client("closed", home, argumentsOf(mode, server.port));
        await client.told();
        // The input stays open: only the output can tell.
        await client.type(...(mode.input ?? []).slice(0, 1)).catch(() => {/* it has ended */});
        const expected = mode.input === undefined ? [0, ""] : [1, CUT];
        const { code } = await client.told();
        assertEquals([code, (await client.stderr.rest()).join("\n")], expected);
      });
    }
  },
});

Deno.test({
  name: "a reader that goes away is noticed without anything to write",
  ignore: !canRun,
  async fn(test) {
    using home = new Home();
    await using server = await home.serve();
    for (const args of [["--json"], [], ["tail", "--follow", "-n", "0"]]) {
      await test.step(args.join(" "), async () => {
        const mode = { args, last: "" };
        await using client = new Client("closed", home, argumentsOf(mode, server.port));
        await client.told();
        assertEquals((await client.told()).code, args[0] === "tail" ? 0 : 1);
      });
    }
  },
});

for (const kind of ["nonblocking", "bytes"]) {
  Deno.test({
    name: `in every mode, all of the output arrives where it is taken slowly: ${kind}`,
    ignore: !canRun,
    async fn(test) {
      await using served = await serve();
      const { home, server } = served;
      for (const [name, mode] of Object.entries(MODES)) {
        await test.step(name, async () => {
          await using client = new Client(kind, home, argumentsOf(mode, server.port));
          await client.told();
          await client.feed(mode.input);
          const { code, output } = await client.told();
          assertEquals([code, (await client.stderr.rest()).join("\n")], [0, ""]);
          assert(output.endsWith(mode.last), output.slice(-200));
          if (!mode.isLong) return;
          for (const text of TEXTS) {
            assertStringIncludes(output, ` ${text}`.slice(mode.args.includes("--json") ? 1 : 0));
          }
        });
      }
    },
  });
}

Deno.test({
  name: "in every mode, an output that is never read is waited for, until a signal",
  ignore: !canRun,
  async fn(test) {
    await using served = await serve();
    const { home, server } = served;
    const follow = { args: ["tail", "-n", "400", "--follow"], last: "", isLong: true };
    for (const [name, mode] of Object.entries<Mode>({ ...MODES, "tail --follow": follow })) {
      for (
        const [signal, code] of mode.isLong ? [["SIGTERM", 143], ["SIGINT", 130]] as const : []
      ) {
        await test.step(`${name}, ${signal}`, async () => {
          await using client = new Client("never", home, argumentsOf(mode, server.port));
          const { pid } = await client.told();
          await client.feed(mode.input);
          assertEquals((await client.told()).stalled, true);
          await endsOn(client, pid, signal, code);
        });
      }
    }
  },
});

Deno.test({
  name: "a terminal that is never read keeps no client from ending when it is asked to",
  ignore: !canRun,
  async fn(test) {
    await using served = await serve();
    const { home, server } = served;
    for (const plain of [[], ["--plain"]]) {
      for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
        await test.step(`${plain} ${signal}`, async () => {
          const args = ["--name", "Alice", "--server", `127.0.0.1:${server.port}`, ...plain];
          await using client = new Client("terminal-never", home, args);
          const { pid } = await client.told();
          assertEquals((await client.told()).stalled, true);
          await endsOn(client, pid, signal, code);
        });
      }
    }
  },
});

Deno.test({
  name: "a terminal that another program has made non-blocking is drawn and read as any",
  ignore: !canRun,
  async fn(test) {
    await using served = await serve();
    const { home, server, sayer } = served;
    for (const plain of [[], ["--plain"]]) {
      await test.step(plain.join(), async () => {
        const args = ["--name", "Alice", "--server", `127.0.0.1:${server.port}`, ...plain];
        await using client = new Client("terminal-nonblocking", home, args);
        await client.told();
        let event = await sayer.receive("notification");
        while (!event.payload.message.startsWith("Alice has joined")) {
          event = await sayer.receive("notification");
        }
        await client.type("typed");
        assertEquals((await sayer.receive("message")).payload.text, "typed");
        await client.type("/quit");
        const { code, output } = await client.told();
        assertEquals(code, 0);
        assertMatch(output, /Alice.*: typed/);
      });
    }
  },
});
