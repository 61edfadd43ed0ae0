import { assertEquals } from "@std/assert";
import { marks, onEachLog, opens, says, type TestLog, upTo } from "../../fixtures/log.ts";

async function unread(test: TestLog, name: string, ...rooms: string[]) {
  const counted = await test.log.unread(name, rooms.length === 0 ? ["General"] : rooms);
  return counted.map(({ room, seq, unread, mentions }) => [room, seq, unread, mentions]);
}

onEachLog("log counts what a name has not read, its own messages left out", async (test) => {
  await test.append(...upTo(6).map((n) => says(`${n}`)), says("mine", { sender: "BOB" }));
  assertEquals(await unread(test, "Bob"), [["General", 0, 6, 0]]);
  await test.append(marks("Bob", 4));
  assertEquals(await unread(test, "Bob"), [["General", 4, 2, 0]]);
  assertEquals(await unread(test, "Carol"), [["General", 0, 7, 0]]);
  await test.append(marks("bob", 7));
  await test.reopen();
  assertEquals(await unread(test, "Bob"), [["General", 7, 0, 0]]);
});

onEachLog("log counts each room that it is asked for, and has a log, by itself", async (test) => {
  await test.append(says("one"), says("two", { room: "Music" }), says("three", { room: "Music" }));
  await test.append(marks("Bob", 1, { room: "MUSIC" }));
  const counted = await unread(test, "Bob", "Music", "General", "Silence");
  assertEquals(counted, [["Music", 1, 1, 0], ["General", 0, 1, 0]]);
});

onEachLog("log counts the unread messages that name somebody", async (test) => {
  const texts = [
    "Bob?", // Read already.
    "Hi bob!",
    "Bobby, not him",
    "(BOB)",
    "abob",
  ];
  await test.append(...texts.map((text) => says(text)), says("Bob is me", { sender: "Bob" }));
  await test.append(marks("Bob", 1));
  assertEquals(await unread(test, "Bob"), [["General", 1, 4, 2]]);
});

onEachLog("log never moves a read mark back", async (test) => {
  await test.append(...upTo(5).map((n) => says(`${n}`)));
  for (const seq of [3, 1, 0, 2]) {
    await test.append(marks("Bob", seq));
    assertEquals(await unread(test, "Bob"), [["General", 3, 2, 0]]);
  }
});

onEachLog("log moves no read mark above the last message", async (test) => {
  await test.append(says("one"), marks("Bob", 1_000_000), marks("Carol", Infinity));
  await test.append(says("two"));
  for (const name of ["Bob", "Carol"]) {
    assertEquals(await unread(test, name), [["General", 1, 1, 0]]);
  }
});

onEachLog("log sets the mark of a newcomer where there is none, and nowhere else", async (test) => {
  await test.append(says("one"), says("two"), marks("Bob", 1));
  const arrival = { seq: Infinity, ifNew: true };
  await test.append(marks("Bob", 0, arrival), marks("Carol", 0, arrival));
  assertEquals(await unread(test, "Bob"), [["General", 1, 1, 0]]);
  assertEquals(await unread(test, "Carol"), [["General", 2, 0, 0]]);
  await test.append(marks("Carol", 0, arrival), says("three"));
  assertEquals(await unread(test, "Carol"), [["General", 2, 1, 0]]);
});

onEachLog("log keeps read marks by name, whatever session reads", async (test) => {
  await test.append(opens("s1", "Bob"), says("one"), says("two"), marks("Bob", 1));
  await test.append({ kind: "quit", session: "s1" }, opens("s2", "Bob"));
  assertEquals(await unread(test, "Bob"), [["General", 1, 1, 0]]);
});
