import { assertEquals, assertStringIncludes } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import type { Received, TestClient } from "../../fixtures/test_client.ts";
import { startServer, type TestServer } from "../../fixtures/server.ts";

/** A request as a line. */
function line(type: unknown, payload: unknown, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ type, payload, ...more }) + "\n";
}

/** A breach of the rules, the code that it gets, and words in that error's text. */
type Case = [what: string, bytes: string | Uint8Array, code: string, says?: string];

const LONG_TEXT = "x".repeat(LIMITS.text + 1);
const LONG_NAME = "x".repeat(LIMITS.name + 1);
const LONG_ID = "x".repeat(LIMITS.id + 1);

/** Refused after the first line, which must not be one of these; the connection stays. */
const NO_OBJECT: Case[] = [
  ["text that is not JSON", "Hello, everyone!\n", "not_json"],
  ["half an object", '{"type":"ping"\n', "not_json"],
  ["an array", "[]\n", "not_object"],
  ["a number", "5\n", "not_object"],
  ["a string", '"ping"\n', "not_object"],
  ["null", "null\n", "not_object"],
  ["deeper nesting", '{"a":'.repeat(5000) + "1" + "}".repeat(5000) + "\n", "not_json", "4096"],
];

/** Refused whenever it comes; the connection stays. */
const REFUSED: Case[] = [
  ["a payload that is an array", line("ping", []), "not_object", "payload"],
  ["a payload that is a string", line("message", "Hi"), "not_object", "payload"],
  ["no type", "{}\n", "unknown_type"],
  ["an unknown type", line("shout", {}), "unknown_type", "shout"],
  ["a type that is a number", line(5, {}), "unknown_type"],
  ["a type that every object has", line("constructor", {}), "unknown_type"],
  ["a type of the server's", line("connect_ack", {}), "unknown_type"],
  ["an id that is a number", line("ping", {}, { id: 5 }), "bad_field", "id"],
  ["an id that is too long", line("ping", {}, { id: LONG_ID }), "bad_field", `${LIMITS.id}`],
  ["a message without text", line("message", {}), "missing_field", "payload.text"],
  ["a text that is null", line("message", { text: null }), "missing_field", "payload.text"],
  ["a text that is a number", line("message", { text: 5 }), "bad_text", "payload.text"],
  ["an empty text", line("message", { text: "" }), "bad_text", "payload.text"],
  ["half a character", '{"type":"message","payload":{"text":"\\ud83d"}}\n', "bad_text"],
  ["a text too long", line("message", { text: LONG_TEXT }), "text_too_long", `${LIMITS.text}`],
  ["a ref of 0", line("message", { text: "Hi", ref: 0 }), "bad_field", "payload.ref"],
  ["a ref that is a fraction", line("message", { text: "Hi", ref: 1.5 }), "bad_field"],
  ["a ref that is text", line("direct", { to: "Bob", text: "Hi", ref: "1" }), "bad_field"],
  ["a name missing", line("rename", {}), "missing_field", "payload.name"],
  ["an empty name", line("rename", { name: "" }), "bad_name", "payload.name"],
  ["a name too long", line("rename", { name: LONG_NAME }), "bad_name", `${LIMITS.name}`],
  ["a name of two lines", line("rename", { name: "a\nb" }), "bad_name", "U+000A"],
  ["a name that turns text around", line("rename", { name: "a\u202eb" }), "bad_name", "U+202E"],
  ["a name with an escape", line("direct", { to: "\u001b[2J", text: "Hi" }), "bad_name", "U+001B"],
  ["a name with a space first", line("rename", { name: " a" }), "bad_name"],
  ["a name that is a list", line("rename", { name: ["a"] }), "bad_name"],
  ["an empty room", line("join", { room: "" }), "bad_room", "payload.room"],
  ["a room too long", line("join", { room: LONG_NAME }), "bad_room", `${LIMITS.room}`],
  ["a room with NUL", line("message", { room: "a\0", text: "Hi" }), "bad_room", "U+0000"],
  [
    "a topic too long",
    line("topic", { room: "General", topic: LONG_TEXT }),
    "text_too_long",
    "256",
  ],
  ["a topic of two lines", line("topic", { room: "General", topic: "a\nb" }), "bad_field"],
  ["a limit of 0", line("history", { room: "General", limit: 0 }), "bad_field", "payload.limit"],
  ["a seq that is negative", line("read", { room: "General", seq: -1 }), "bad_field"],
  ["deep nesting", '{"a":'.repeat(4000) + "1" + "}".repeat(4000) + "\n", "unknown_type"],
];

/** Refused because of earlier requests. */
const SECOND_CONNECT: Case[] = [
  ["a second connect", line("connect", { name: "Other", version: 2 }), "already_connected"],
  ["a lecture's second", line("connect", { name: "Other", room: "R" }), "already_connected"],
];
const NO_CONNECT: Case[] = [
  ["a message before connect", line("message", { room: "General", text: "Hi" }), "not_connected"],
  ["a question before connect", line("history", { room: "General" }), "not_connected"],
  ["a connect without a name", line("connect", { room: "R", version: 2 }), "missing_field"],
  ["a connect in version 1", line("connect", { name: "A", version: 1 }), "bad_field"],
  [
    "a connect with a bad token",
    line("connect", { name: "A", version: 2, session: 5 }),
    "bad_field",
  ],
];

const TOO_LONG = "x".repeat(LIMITS.line + 1);

/** Breaks the framing: the connection is closed. */
const CLOSING: Case[] = [
  ["bytes that are not UTF-8", new Uint8Array([0x7b, 0xff, 0x7d, 0x0a]), "not_utf8"],
  ["half a character in UTF-8", new Uint8Array([0xe2, 0x82, 0x0a]), "not_utf8"],
  ["a surrogate in UTF-8", new Uint8Array([0xed, 0xa0, 0x80, 0x0a]), "not_utf8"],
  ["a line over the limit", TOO_LONG + "\n", "line_too_long", `${LIMITS.line}`],
  ["a line over the limit, unended", TOO_LONG, "line_too_long"],
  ["an object over the limit", line("message", { text: TOO_LONG }), "line_too_long"],
  ["a line without any end", "x".repeat(1_000_000), "line_too_long"],
];

type Profile = "version 2" | "lecture" | "none";

/** A connection that will break the rules. */
function offender(chat: TestServer, profile: Profile, name: string): Promise<TestClient> {
  if (profile === "none") return chat.dial();
  return profile === "lecture" ? chat.lecture(name) : chat.join(name);
}

/** A member of the room that notices any message lost, doubled or sent in error. */
class Witness {
  readonly #chat: TestServer;
  readonly #peer: TestClient;
  #said = 0;

  constructor(chat: TestServer, peer: TestClient) {
    this.#chat = chat;
    this.#peer = peer;
  }

  /** Checks that only its own message came, and that a newcomer can join. */
  async checks(what: string): Promise<void> {
    await this.#peer.send("message", { text: "still here" });
    const events = await this.#peer.settled();
    const seqs = events.filter(({ type }) => type === "message").map(({ payload }) => payload.seq);
    assertEquals(seqs, [++this.#said], what);
    const others = events.filter(({ type, payload }) =>
      type !== "message" && !["joined", "left"].includes(payload.event)
    );
    assertEquals(others, [], what);
    using newcomer = await this.#chat.join("Newcomer");
    assertEquals(newcomer.ack.rooms, [{ room: "General", seq: this.#said }], what);
    await newcomer.send("quit");
    await newcomer.rest();
  }
}

function assertRefusal(event: Received | undefined, profile: Profile, [what, , code, says]: Case) {
  const lecture = profile === "lecture";
  assertEquals(event?.type, lecture ? "notification" : "error", what);
  assertEquals(event?.payload.code, code, what);
  assertStringIncludes(event?.payload.message, says ?? "", what);
}

const STAYING: [profile: Profile, cases: Case[]][] = [
  ["version 2", [...NO_OBJECT, ...REFUSED, ...SECOND_CONNECT]],
  ["lecture", [...NO_OBJECT, ...REFUSED, ...SECOND_CONNECT]],
  ["none", [...REFUSED, ...NO_CONNECT]],
];

for (const [profile, cases] of STAYING) {
  Deno.test(`bad input is refused and nothing else happens (profile: ${profile})`, async () => {
    await using chat = await startServer();
    using bob = await chat.join("Bob");
    const witness = new Witness(chat, bob);
    for (const each of cases) {
      const [what, bytes] = each;
      using peer = await offender(chat, profile, "Offender");
      await peer.write(bytes);
      assertRefusal(await peer.next(), profile, each);
      await witness.checks(what);
      // The connection goes on as before.
      if (profile === "none") {
        await peer.send("connect", { name: "Offender", version: 2 });
        await peer.receive("connect_ack");
      }
      await peer.settled();
      await peer.send("quit");
      await peer.rest();
    }
  });
}

for (const profile of ["version 2", "lecture", "none"] as const) {
  Deno.test(`input that breaks the framing is refused and ends the connection (profile: ${profile})`, async () => {
    await using chat = await startServer();
    using bob = await chat.join("Bob");
    const witness = new Witness(chat, bob);
    for (const [index, each] of CLOSING.entries()) {
      const [what, bytes] = each;
      // The name of a version 2 session is held.
      using peer = await offender(chat, profile, `Offender ${index}`);
      await peer.write(bytes);
      const [refusal, ...more] = await peer.rest();
      assertRefusal(refusal, profile, each);
      assertEquals(more, [], what);
      await witness.checks(what);
    }
  });
}
