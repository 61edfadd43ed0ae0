import { assertEquals } from "@std/assert";
import { HubChat } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("hub acknowledges a connect before it sends the connection anything else", PURE, () => {
  const chat = new HubChat();
  const bob = chat.join("Bob", "General");
  const alice = chat.dial();
  chat.together(() => {
    bob.send("message", { text: "before" });
    alice.send("connect", { name: "Alice", room: "General", version: 2 });
    bob.send("message", { text: "after" });
  });
  assertEquals(alice.take().map(({ type, payload }) => [type, payload.text]), [
    ["connect_ack", undefined],
    ["message", "after"],
  ]);
  assertEquals(bob.heard(), ["before", "Alice has joined the room.", "after"]);
});

Deno.test("hub gives a newcomer the position of all that was said before it came", PURE, () => {
  const chat = new HubChat();
  const bob = chat.join("Bob", "General");
  const [alice, carol] = [chat.dial(), chat.join("Carol")];
  chat.together(() => {
    bob.send("message", { text: "one" });
    bob.send("message", { text: "two" });
    alice.send("connect", { name: "Alice", room: "General", version: 2 });
    bob.send("message", { text: "three" });
    carol.send("join", { room: "General" });
    bob.send("message", { text: "four" });
  });
  const [ack, ...heard] = alice.take();
  assertEquals(ack?.payload.rooms, [{ room: "General", seq: 2 }]);
  assertEquals(heard.map(({ payload }) => payload.seq), [3, undefined, 4]);
  const [joined, ...messages] = carol.take();
  assertEquals(joined?.payload.seq, 3);
  assertEquals(messages.map(({ payload }) => payload.seq), [4]);
});

Deno.test("hub gives a message to the members at the time it was said", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  const bob = chat.join("Bob", "General");
  const carol = chat.join("Carol", "General");
  for (const peer of [alice, bob, carol]) peer.take();
  chat.together(() => {
    alice.send("message", { text: "to Bob and Carol" });
    bob.send("leave", { room: "General" });
    carol.end();
    alice.send("message", { text: "to nobody" });
  });
  assertEquals(bob.heard(), ["to Bob and Carol", "Bob has left the room."]);
  assertEquals(carol.heard(), ["to Bob and Carol", "Bob has left the room."]);
});

Deno.test("hub gives a message the name that its sender had when it was said", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  const bob = chat.join("Bob", "General");
  chat.together(() => {
    alice.send("message", { text: "one" });
    alice.send("rename", { name: "Alicia" });
    alice.send("message", { text: "two" });
  });
  assertEquals(bob.take().map(({ payload }) => payload.sender ?? payload.event), [
    "Alice",
    "renamed",
    "Alicia",
  ]);
});

Deno.test("hub gives all members of a room the same messages in the same order", PURE, () => {
  const chat = new HubChat();
  const peers = ["Alice", "Bob", "Carol"].map((name) => chat.join(name, "General"));
  for (const peer of peers) peer.take();
  chat.together(() => {
    for (let round = 0; round < 10; round++) {
      for (const peer of peers) peer.send("message", { text: `round ${round}` });
    }
  });
  const [first, ...others] = peers.map((peer) => peer.take());
  assertEquals(
    first?.map(({ payload }) => payload.seq),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  for (const other of others) assertEquals(other, first);
});

Deno.test(
  "hub lets the old connection have what was said before the takeover, and the new one the rest",
  PURE,
  () => {
    const chat = new HubChat();
    const bob = chat.join("Bob", "General");
    const old = chat.join("Alice", "General");
    const fresh = chat.dial();
    chat.together(() => {
      bob.send("message", { text: "one" });
      fresh.send("connect", { name: "Alice", version: 2, session: old.ack.session });
      bob.send("message", { text: "two" });
    });
    const [ack, ...heard] = fresh.take();
    assertEquals(ack?.payload.rooms, [{ room: "General", seq: 1 }]);
    assertEquals(heard.map(({ payload }) => payload.text), ["two"]);
    assertEquals(old.take().map(({ payload }) => payload.text ?? payload.code), [
      "one",
      "session_replaced",
    ]);
  },
);
