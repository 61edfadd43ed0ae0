import { assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { codeOf, HubChat } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("hub gives a direct message to its name and its sender, and to nobody else", PURE, () => {
  const chat = new HubChat();
  const [alice, bob] = [chat.join("Alice", "General"), chat.join("Bob", "General")];
  const carol = chat.join("Carol", "General");
  for (const peer of [alice, bob]) peer.take();
  const [own, ...none] = alice.send("direct", { to: "BOB", text: "psst", ref: 7 }, "d1");
  const [got, ...nothing] = bob.take();
  assertEquals([none, nothing, carol.take()], [[], [], []]);
  assertEquals([own?.type, own?.id, own?.payload.ref], ["direct", "d1", 7]);
  assertEquals([got?.type, got?.id, got?.payload.ref], ["direct", undefined, undefined]);
  for (const event of [own, got]) {
    const { sender, to, text } = event?.payload ?? {};
    assertEquals([sender, to, text], ["Alice", "Bob", "psst"]);
  }
});

Deno.test("hub gives a direct message to oneself once, as the sender's own copy", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice");
  const got = alice.send("direct", { to: "alice", text: "note", ref: 1 }, "d1");
  const { id, payload } = alice.expect("direct", got);
  assertEquals([id, payload.ref, payload.to, payload.text], ["d1", 1, "Alice", "note"]);
});

Deno.test("hub gives a lecture client a direct message as a notification", PURE, () => {
  const chat = new HubChat();
  const [alice, bob] = [chat.join("Alice"), chat.lecture("Bob")];
  alice.send("direct", { to: "Bob", text: "psst" });
  assertEquals(bob.take(), [
    { type: "notification", payload: { message: "Alice to Bob: psst" } },
  ]);
  const [own] = bob.send("direct", { to: "Alice", text: "yes?" });
  assertEquals([own?.type, own?.payload.message], ["notification", "Bob to Alice: yes?"]);
  assertEquals(alice.take().map(({ type, payload }) => [type, payload.text]), [["direct", "yes?"]]);
});

Deno.test("hub gives a lecture client the whole of the longest direct message", PURE, () => {
  const chat = new HubChat();
  const [alice, bob] = [chat.join("Alice"), chat.lecture("Bob")];
  const text = "👍".repeat(LIMITS.text);
  alice.send("direct", { to: "Bob", text });
  assertEquals(bob.take().map(({ payload }) => payload.message), [`Alice to Bob: ${text}`]);
});

Deno.test("hub refuses a direct message to a name that nobody ever had", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  assertEquals(codeOf(alice.send("direct", { to: "Nobody", text: "Hi" }, "d1")), "unknown_name");
  assertEquals(codeOf(alice.send("direct", { to: "General", text: "Hi" }, "d2")), "unknown_name");
});

Deno.test("hub refuses a direct message to a lecture client that has gone", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice");
  chat.lecture("Bob").end();
  assertEquals(codeOf(alice.send("direct", { to: "Bob", text: "Hi" })), "unknown_name");
});

Deno.test("hub gives a direct message to its session over whatever connection", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice");
  const bob = chat.join("Bob");
  const fresh = chat.join("Bob", undefined, { session: bob.ack.session });
  bob.take();
  alice.send("direct", { to: "Bob", text: "Hi" });
  assertEquals([bob.heard(), fresh.heard()], [[], ["Hi"]]);
  fresh.send("rename", { name: "Bobby" });
  assertEquals(codeOf(alice.send("direct", { to: "Bobby", text: "you there?" })), undefined);
  assertEquals(fresh.heard(), ["you there?"]);
});

Deno.test(
  "hub gives a direct message to the present holder of the name, not to a former one",
  PURE,
  () => {
    const chat = new HubChat();
    chat.join("Bob").end();
    chat.now += 120_000;
    for (const bob of [chat.join("Bob"), chat.join("Bobby")]) {
      if (bob.ack.name === "Bobby") bob.send("rename", { name: "bob" });
      const alice = chat.join("Alice");
      alice.send("direct", { to: "Bob", text: "Hi" });
      assertEquals(bob.heard().at(-1), "Hi");
      for (const peer of [alice, bob]) peer.end();
      chat.now += 120_000;
    }
  },
);
