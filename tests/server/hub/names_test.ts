import { assertEquals } from "@std/assert";
import { codeOf, HubChat } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

/** How long the name of a version 2 session is held after its connection, in milliseconds. */
const HOLD = 120_000;

const SAME_NAMES: [what: string, held: string, asked: string][] = [
  ["the same name", "Alice", "Alice"],
  ["another case", "Alice", "aLICE"],
  ["another normal form", "Zo\u00eb", "Zoe\u0308"],
  ["a compatibility form", "Alice", "\uff21lice"],
  ["a ligature", "Steffi", "Ste\ufb03"],
  ["a sharp s", "Strauß", "STRAUSS"],
];

Deno.test("hub refuses a name that is taken, however it is written", PURE, () => {
  for (const [what, held, asked] of SAME_NAMES) {
    for (const version of [undefined, 2]) {
      const chat = new HubChat();
      const holder = chat.join(held, "General");
      const other = chat.dial();
      const got = other.send("connect", { name: asked, room: "General", version }, "c1");
      assertEquals(codeOf(got), "name_taken", what);
      assertEquals(got.map(({ id }) => id), ["c1"], what);
      assertEquals(holder.take(), [], what);
    }
  }
});

Deno.test("hub lets a refused connection try again with another name", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice", "General");
  const bob = chat.dial();
  bob.send("connect", { name: "Alice", version: 2 });
  const got = bob.send("connect", { name: "Bob", version: 2 });
  assertEquals(bob.expect("connect_ack", got).payload.name, "Bob");
});

Deno.test("hub gives a name as it was written, in NFC", PURE, () => {
  const chat = new HubChat();
  assertEquals(chat.join("Zoe\u0308", "Cafe\u0301").ack.name, "Zo\u00eb");
  assertEquals(chat.join("Bob", "CAFÉ").ack.room, "Caf\u00e9");
});

Deno.test("hub frees the name of a lecture client with the end of its connection", PURE, () => {
  const chat = new HubChat();
  chat.lecture("Alice").end();
  chat.lecture("alice");
});

Deno.test("hub holds the name of a version 2 session for two minutes, and no longer", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice", "General").end();
  for (const wait of [0, 1, HOLD - 2]) {
    chat.now += wait;
    for (const version of [undefined, 2]) {
      const got = chat.dial().send("connect", { name: "ALICE", room: "General", version });
      assertEquals(codeOf(got), "name_taken", `${wait} ms later`);
    }
  }
  chat.now += 1;
  chat.join("ALICE");
});

Deno.test("hub says for how long a name is held", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice").end();
  chat.now += 20_500;
  const [refusal] = chat.dial().send("connect", { name: "Alice", version: 2 });
  assertEquals(refusal?.payload.message.includes("for 100 s more"), true, refusal?.payload.message);
});

Deno.test("hub holds a name for as long as its session is connected", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice");
  chat.now += 100 * HOLD;
  chat.hub.sweep(chat.now);
  assertEquals(codeOf(chat.dial().send("connect", { name: "Alice", version: 2 })), "name_taken");
});

Deno.test("hub frees no name early by a sweep", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice").end();
  chat.now += 1;
  chat.join("Bob").end();
  chat.now += HOLD - 1;
  chat.hub.sweep(chat.now);
  chat.join("Alice");
  assertEquals(codeOf(chat.dial().send("connect", { name: "Bob", version: 2 })), "name_taken");
  chat.now += 1;
  chat.hub.sweep(chat.now);
  chat.join("Bob");
});

Deno.test(
  "hub gives somebody another name and tells everyone who shares a room, once",
  PURE,
  () => {
    const chat = new HubChat();
    const alice = chat.join("Alice", "General");
    alice.send("join", { room: "Music" });
    const [both, one, none] = [
      chat.join("Both", "General"),
      chat.lecture("One"),
      chat.join("None"),
    ];
    both.send("join", { room: "Music" });
    alice.send("members", { room: "Music" });
    for (const peer of [alice, both, one]) peer.take();
    const payload = {
      message: "Alice is now known as Alicia.",
      event: "renamed",
      name: "Alice",
      new_name: "Alicia",
    };
    assertEquals(alice.send("rename", { name: "Alicia" }, "r1"), [
      { type: "notification", payload, id: "r1" },
    ]);
    for (const peer of [both, one]) assertEquals(peer.take(), [{ type: "notification", payload }]);
    assertEquals(none.take(), []);
    alice.send("message", { room: "Music", text: "Hi" });
    assertEquals(both.take()[0]?.payload.sender, "Alicia");
    assertEquals(alice.send("members", { room: "Music" })[0]?.payload.members, ["Alicia", "Both"]);
  },
);

Deno.test("hub answers a rename even in no room", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice");
  const answer = alice.expect("notification", alice.send("rename", { name: "Alicia" }, "r1"));
  assertEquals([answer.id, answer.payload.new_name], ["r1", "Alicia"]);
});

Deno.test("hub frees the former name at once", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice").send("rename", { name: "Alicia" });
  chat.join("Alice");
});

Deno.test("hub refuses to rename a session to a taken or a held name", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  const bob = chat.join("Bob", "General");
  chat.join("Carol").end();
  bob.take();
  for (const name of ["BOB", "carol"]) {
    assertEquals(codeOf(alice.send("rename", { name })), "name_taken");
  }
  assertEquals(bob.take(), []);
  assertEquals(alice.send("members", { room: "General" })[0]?.payload.members, ["Alice", "Bob"]);
  chat.now += HOLD;
  assertEquals(codeOf(alice.send("rename", { name: "carol" })), undefined);
});

Deno.test("hub lets a session rename to another form of its own name", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("alice", "General");
  assertEquals(alice.send("rename", { name: "Alice" })[0]?.payload.new_name, "Alice");
  assertEquals(alice.send("members", { room: "General" })[0]?.payload.members, ["Alice"]);
  assertEquals(codeOf(chat.dial().send("connect", { name: "ALICE", version: 2 })), "name_taken");
});
