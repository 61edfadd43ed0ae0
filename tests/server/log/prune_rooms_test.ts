import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Directory } from "../../fixtures/files.ts";
import { openLog, upTo } from "../../fixtures/log.ts";
import { startServer } from "../../fixtures/server.ts";

/** The rooms that have rows in a file. */
function roomsIn(path: string): unknown[] {
  using database = new DatabaseSync(path, { readOnly: true });
  return database.prepare("SELECT name FROM room ORDER BY name").all().map(({ name }) => name);
}

Deno.test("rooms in which nothing is said leave nothing behind, however many come and go", async () => {
  using directory = new Directory();
  const path = directory.file();
  {
    await using chat = await startServer({}, path);
    using alice = await chat.join("Alice");
    await alice.send("message", { text: "Hi" });
    for (const number of upTo(20)) {
      const room = `Room ${number}`;
      await alice.send("join", { room });
      await alice.send("read", { room, seq: 5 });
      await alice.send("leave", { room });
    }
    await alice.settled();
    assertEquals(roomsIn(path), ["General"]);
    // A topic must stay; a cleared one has left a row.
    for (const [room, topic] of [["Kept", "News"], ["Cleared", ""]]) {
      await alice.send("join", { room });
      await alice.send("topic", { room, topic: "Old" });
      await alice.send("topic", { room, topic });
      await alice.send("read", { room, seq: 0 });
    }
    await alice.settled();
    assertEquals(roomsIn(path).length, 3);
  }
  const { log, snapshot } = await openLog(path);
  await log[Symbol.asyncDispose]();
  assertEquals(snapshot.rooms.map(({ name }) => name).toSorted(), ["General", "Kept"]);
  assertEquals(roomsIn(path), ["General", "Kept"]);
});
