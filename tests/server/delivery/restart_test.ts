import { assertEquals } from "@std/assert";
import { AuditingClient } from "../../fixtures/auditing_client.ts";
import { Directory } from "../../fixtures/files.ts";
import { startServer } from "../../fixtures/server.ts";
import type { Endpoint } from "../../fixtures/endpoint.ts";

/** The code with which a newcomer is refused a name, if it is. */
async function refusal(chat: Endpoint, name: string): Promise<string | undefined> {
  using peer = await chat.dial();
  await peer.send("connect", { name, version: 2 });
  return (await peer.next())?.payload.code;
}

Deno.test("a restarted server holds the names of connected sessions, and no others", async () => {
  using directory = new Directory();
  const sessions: string[] = [];
  {
    const chat = await startServer({}, directory.file());
    using lecture = await chat.lecture("Lecture");
    using alice = await chat.join("Alice");
    using bob = await chat.join("Bob");
    using carol = await chat.join("Carol");
    sessions.push(alice.ack.session);
    await carol.send("quit");
    await carol.rest();
    // The others stay connected until the server stops.
    const stopping = chat[Symbol.asyncDispose]();
    for (const peer of [lecture, alice, bob]) await peer.rest();
    for (const peer of [lecture, alice, bob]) peer[Symbol.dispose]();
    await stopping;
  }
  await using chat = await startServer({}, directory.file());
  assertEquals(await refusal(chat, "alice"), "name_taken");
  assertEquals(await refusal(chat, "Bob"), "name_taken");
  assertEquals(await refusal(chat, "Carol"), undefined);
  assertEquals(await refusal(chat, "Lecture"), undefined);
  using alice = await chat.connect("Alice", { session: sessions[0] });
  assertEquals([alice.ack.resumed, alice.ack.rooms], [true, [{ room: "General", seq: 0 }]]);
});

Deno.test("a server that starts again knows rooms, topics and where everyone was", async () => {
  using directory = new Directory();
  let session = "";
  for (let start = 0; start < 3; start++) {
    await using chat = await startServer({}, directory.file());
    const more = session === "" ? {} : { session };
    using alice = await chat.connect("Alice", more);
    if (session === "") {
      for (const room of ["General", "Music", "Chess"]) await alice.send("join", { room });
      await alice.send("leave", { room: "Chess" });
      await alice.send("topic", { room: "Music", topic: "Bach" });
      await alice.settled();
    } else {
      assertEquals(alice.ack.resumed, true);
      assertEquals(alice.ack.rooms, [
        { room: "General", seq: 2 * start },
        { room: "Music", seq: start },
      ]);
    }
    session = alice.ack.session;
    for (const room of ["General", "General", "Music"]) {
      await alice.send("message", { room, text: "Hi" });
    }
    await alice.settled();
    await alice.send("topic", { room: "Music" });
    assertEquals((await alice.receive("topic")).payload.topic, "Bach");
    await alice.send("rooms");
    const { rooms } = (await alice.receive("rooms")).payload;
    assertEquals(rooms.map(({ room }: { room: string }) => room), ["General", "Music"]);
  }
});

Deno.test("a client that comes back after each of many restarts gets every message once", async () => {
  using directory = new Directory();
  using alice = new AuditingClient("Alice");
  alice.heard["General"] = alice.heard["Music"] = 0;
  let bobsSession: string | undefined;
  let said = 0;
  for (let start = 0; start < 6; start++) {
    await using chat = await startServer({}, directory.file());
    await alice.connect(chat);
    using bob = await chat.join("Bob", "General", { session: bobsSession });
    assertEquals(bob.ack.resumed, start > 0);
    bobsSession = bob.ack.session;
    if (start === 0) await bob.send("join", { room: "Music" });
    for (const room of ["General", "Music"]) {
      const text = JSON.stringify({ type: "message", payload: { room, text: "Hi" } });
      await bob.write((text + "\n").repeat(100));
    }
    for (let n = 0; n < 5; n++) await bob.send("direct", { to: "Alice", text: "Hi" });
    await bob.settled();
    said += 100;
    await alice.listen(start * 40);
    alice.drop();
  }
  await using chat = await startServer({}, directory.file());
  await alice.connect(chat);
  await alice.settle();
  assertEquals(alice.heard, { General: said, Music: said });
  assertEquals(alice.directs, 30);
});
