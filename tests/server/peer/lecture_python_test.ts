import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Received } from "../../fixtures/test_client.ts";
import { hasProgram, TestProcess } from "../../fixtures/process.ts";
import { startServer } from "../../fixtures/server.ts";

const hasPython = await hasProgram("python3");

const PROMPT = "Enter a message (or 'exit' to quit): ";

/** One of the lecture's programs, and what it has printed. */
class Program extends TestProcess {
  constructor(file: string, ...args: string[]) {
    super(["python3", "-X", "utf8", `tests/fixtures/${file}`, ...args]);
  }

  /** The text after the next `Received: `. Its other thread may write the prompt before or after it. */
  async received(): Promise<string> {
    for (;;) {
      const line = (await this.line()).replaceAll(PROMPT, "");
      const [, text] = /^Received: (.*)$/.exec(line) ?? [];
      if (text !== undefined) return text;
    }
  }

  /** The next event that it received, with the lecture's fields alone. */
  async event(): Promise<unknown> {
    const { type, payload }: Received = JSON.parse(await this.received());
    const { message, sender, room, text } = payload;
    return [type, ...type === "message" ? [sender, room, text] : [message]];
  }

  /** Leaves as the lecture's users do. */
  async exit(word = "exit"): Promise<number> {
    await this.type(word);
    return (await this.ended()).code;
  }
}

/** The lab's client in a room, acknowledged. */
async function join(port: number, name: string): Promise<Program> {
  const client = new Program("lecture_client.py", `${port}`, name, "General");
  assertEquals(await client.event(), ["connect_ack", "Connected to the room."]);
  return client;
}

function lectureTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasPython, fn });
}

lectureTest("the lecture's clients talk in a room, and see who joins and leaves", async () => {
  await using chat = await startServer();
  await using alice = await join(chat.port, "Alice");
  await using bob = await join(chat.port, "Bob");
  assertEquals(await alice.event(), ["notification", "Bob has joined the room."]);
  await bob.type("Hello, everyone!");
  await alice.type("Hello, Bob!");
  const heard = [await alice.event(), await alice.event()];
  assertEquals([await bob.event(), await bob.event()], heard, "one order for both");
  assertEquals(
    new Set(heard.map((event) => JSON.stringify(event))),
    new Set([
      JSON.stringify(["message", "Bob", "General", "Hello, everyone!"]),
      JSON.stringify(["message", "Alice", "General", "Hello, Bob!"]),
    ]),
  );
  assertEquals(await bob.exit(), 0);
  assertEquals(await alice.event(), ["notification", "Bob has left the room."]);
  assertEquals(await alice.exit("EXIT"), 0);
});

lectureTest(
  "the lecture's client brings every text over, and several at once in order",
  async () => {
    await using chat = await startServer();
    await using alice = await join(chat.port, "Alice");
    const texts = [
      'a}{"b\\"}{',
      "é€😀",
      // Longer than the 1,024 bytes that the client reads at a time.
      "0123456789é€😀".repeat(200),
      ...Array.from({ length: 50 }, (_, number) => `text ${number}`),
    ];
    await alice.type(texts.join("\n"));
    for (const text of texts) {
      assertEquals(await alice.event(), ["message", "Alice", "General", text]);
    }
    assertEquals(await alice.exit(), 0);
  },
);

lectureTest("the lecture's client talks with clients of version 2", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  await using alice = await join(chat.port, "Alice");
  await bob.receive("notification");
  await bob.send("message", { text: "Hi, Alice", ref: 1 }, "m1");
  assertEquals(await alice.event(), ["message", "Bob", "General", "Hi, Alice"]);
  await bob.send("direct", { to: "Alice", text: "psst" });
  assertEquals(await alice.event(), ["notification", "Bob to Alice: psst"]);
  await alice.type("Hi, Bob");
  await bob.settled();
  assertEquals(await alice.event(), ["message", "Alice", "General", "Hi, Bob"]);
  assertEquals(await alice.exit(), 0);
});

lectureTest("the lecture's client gets the reason why its name is refused", async () => {
  await using chat = await startServer();
  await using _alice = await join(chat.port, "Alice");
  await using other = new Program("lecture_client.py", `${chat.port}`, "ALICE", "General");
  const { type, payload }: Received = JSON.parse(await other.received());
  assertEquals([type, payload.code], ["notification", "name_taken"]);
  assertEquals(await other.exit(), 0);
});

lectureTest("the lecture's client sees that the server stops", async () => {
  const chat = await startServer();
  await using alice = await join(chat.port, "Alice");
  const stopped = chat[Symbol.asyncDispose]();
  assertEquals(await alice.event(), ["notification", "The server is shutting down."]);
  assertEquals(await alice.exit(), 0);
  await stopped;
});

lectureTest(
  "the lecture's client of step 2, which knows no protocol, gets an answer and does not hang",
  async () => {
    // Its text has no end, so that it is the server's patience that answers.
    await using chat = await startServer({ handshakeTimeout: 100 });
    await using client = new Program("lecture_echo_client.py", `${chat.port}`);
    await client.type("Hello, everyone!");
    const answer = await client.received();
    assertStringIncludes(answer, '"code":"handshake_timeout"');
    assertEquals(await client.exit(), 0);
  },
);
