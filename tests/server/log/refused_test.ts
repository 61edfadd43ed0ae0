import { assertEquals, assertStringIncludes } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { startServer } from "../../fixtures/server.ts";
import { canMount, SmallDisk } from "../../fixtures/small_disk.ts";
import { requestLine } from "../../fixtures/test_client.ts";

Deno.test("a message that can't be stored is refused, seen by nobody, and can be sent again", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using alice = await chat.join("Alice");
  using lecture = await chat.lecture("Lecture");
  using bob = await chat.join("Bob");
  for (const peer of [alice, lecture]) await peer.settled();
  await alice.send("message", { text: "before", ref: 1 });
  for (const peer of [alice, lecture, bob]) {
    assertEquals((await peer.receive("message")).payload.seq, 1);
  }
  Deno.renameSync(directory.file(), directory.file("away"));
  for (let attempt = 0; attempt < 3; attempt++) {
    await alice.send("message", { text: "lost", ref: 2 }, "said");
    const { id, payload } = await alice.receive("error");
    assertEquals([id, payload.code], ["said", "log_failed"]);
    assertStringIncludes(payload.message, "is gone");
    await alice.send("direct", { to: "Bob", text: "lost", ref: 3 });
    assertEquals((await alice.receive("error")).payload.code, "log_failed");
    await lecture.send("message", { room: "General", text: "lost" });
    const told = (await lecture.receive("notification")).payload;
    assertEquals([told.event, told.code], ["error", "log_failed"]);
  }
  for (const peer of [alice, lecture, bob]) assertEquals(await peer.settled(), []);
  const logged = () => chat.log.filter((line) => /"append(ing again| failed)"/.test(line));
  assertEquals(logged().length, 1);
  assertStringIncludes(logged()[0] ?? "", "is gone");
  Deno.renameSync(directory.file("away"), directory.file());
  await alice.send("message", { text: "kept", ref: 2 });
  await lecture.send("message", { room: "General", text: "kept too" });
  await lecture.settled();
  await alice.send("direct", { to: "Bob", text: "told", ref: 3 });
  for (const peer of [alice, bob]) {
    const got = (await peer.settled()).map(({ payload }) => [payload.text, payload.seq]);
    assertEquals(got, [["kept", 2], ["kept too", 3], ["told", 1]]);
  }
  assertEquals(logged().map((line) => JSON.parse(line).event), [
    "append failed",
    "appending again",
  ]);
});

Deno.test("a client that connects while nothing can be stored is let in, and has all promises afterwards", async () => {
  using directory = new Directory();
  let session: string;
  {
    await using chat = await startServer({}, directory.file());
    Deno.renameSync(directory.file(), directory.file("away"));
    using alice = await chat.join("Alice");
    await alice.send("message", { text: "one", ref: 1 });
    assertEquals((await alice.receive("error")).payload.code, "log_failed");
    Deno.renameSync(directory.file("away"), directory.file());
    await alice.send("message", { text: "one", ref: 1 });
    assertEquals((await alice.receive("message")).payload.seq, 1);
    session = alice.ack.session;
  }
  await using chat = await startServer({}, directory.file());
  using alice = await chat.join("Alice", "General", { session });
  assertEquals(alice.ack.resumed, true);
  await alice.send("message", { text: "one", ref: 1 });
  assertEquals((await alice.receive("message")).payload.seq, 1);
});

Deno.test({
  name: "a server on a full disk serves readers, and senders as soon as there is space",
  ignore: !canMount,
  async fn() {
    await using disk = await SmallDisk.mount(6_000_000);
    await using chat = await startServer({}, `${disk!.path}/chat.db`);
    using alice = await chat.join("Alice");
    using bob = await chat.join("Bob");
    await alice.receive("notification");
    const text = "x".repeat(LIMITS.text);
    let said = 0;
    for (let round = 0; round < 3; round++) {
      const lines = upTo(100).map((n) => requestLine("message", { text, ref: round * 1000 + n }));
      await disk!.fill();
      let refused = 0;
      // Disks differ in how much still fits.
      while (refused === 0) {
        await alice.write(lines.join(""));
        const answers = await alice.settled();
        refused = answers.filter(({ payload }) => payload.code === "log_failed").length;
      }
      await bob.send("history", { room: "General", limit: 1 });
      const heard = (await bob.settled()).filter(({ type }) => type === "message");
      heard.forEach(({ payload }) => assertEquals(payload.seq, ++said));
      await disk!.empty();
      await alice.write(lines.join(""));
      const again = await alice.settled();
      assertEquals(again.filter(({ type }) => type !== "message"), []);
      assertEquals(again.map(({ payload }) => payload.ref), upTo(100).map((n) => round * 1000 + n));
      const rest = (await bob.settled()).filter(({ type }) => type === "message");
      rest.forEach(({ payload }) => assertEquals(payload.seq, ++said));
      assertEquals(said, (round + 1) * 100);
    }
  },
});
