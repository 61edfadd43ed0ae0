import { assertEquals, assertObjectMatch } from "@std/assert";
import type { Draft } from "../../../server/log/message_log.ts";
import { gist, onEachLog, opens, says, tells, type TestLog, upTo } from "../../fixtures/log.ts";

function goes(session: string, inboxSeen = 0): Draft {
  return { kind: "away", session, inboxSeen, byServer: false };
}

async function inboxOf(test: TestLog, session: string, after = 0): Promise<string[]> {
  const { items } = await test.log.inbox(session, after, 500);
  return items.map(({ seq, text }) => `${seq} ${text}`);
}

onEachLog("log knows a session again, as it was last", async (test) => {
  await test.append(opens("s1", "Alice", ["General"]), opens("s2", "Bob"));
  await test.append(opens("s1", "Alicia", ["General", "Music"]), goes("s2", 3));
  for (let round = 0; round < 2; round++) {
    const common = { inboxSeq: 0, inboxSeen: 0, ref: 0 };
    assertObjectMatch({ ...await test.log.session("s1") }, {
      session: "s1",
      name: "Alicia",
      rooms: ["General", "Music"],
      ...common,
    });
    assertObjectMatch({ ...await test.log.session("s2") }, {
      session: "s2",
      name: "Bob",
      rooms: [],
      ...common,
      inboxSeen: 3,
    });
    assertEquals(await test.log.session("s3"), undefined);
    await test.reopen();
  }
});

onEachLog(
  "log sees in a session what was appended before, without waiting for it",
  async (test) => {
    for (const name of ["One", "Two", "Three"]) {
      test.append(opens("s1", name));
      assertEquals((await test.log.session("s1"))?.name, name);
    }
  },
);

onEachLog(
  "log restores the sessions that were connected, once, when they did not leave",
  async (test) => {
    await test.append(opens("s1", "Alice", ["General"]), opens("s2", "Bob"), opens("s3", "Carol"));
    await test.append(goes("s2"), { kind: "quit", session: "s3" });
    // Its server stops before the connection is closed.
    await test.append({ kind: "away", session: "s1", inboxSeen: 0, byServer: true });
    await test.reopen();
    if (!test.isInFile) return;
    const common = { inboxSeq: 0, inboxSeen: 0, ref: 0 };
    assertEquals(test.snapshot.sessions, [
      { session: "s1", name: "Alice", rooms: ["General"], ...common },
    ]);
    await test.reopen();
    assertEquals(test.snapshot.sessions, []);
    assertEquals((await test.log.session("s1"))?.rooms, ["General"]);
  },
);

onEachLog(
  "log knows nothing of a session that has quit, its ref and inbox neither",
  async (test) => {
    const draft = says("one", { session: "s1", ref: 1 });
    await test.append(opens("s1", "Alice"), draft, tells("secret", { to: "Alice" }));
    await test.append({ kind: "quit", session: "s1" });
    await test.reopen();
    assertEquals(await test.log.session("s1"), undefined);
    assertEquals(await inboxOf(test, "s1"), []);
    assertEquals((await test.append(tells("late", { to: "Alice" }))).map(gist), ["unknown name"]);
    // A new session of the same hash, if there were one, would be another.
    assertEquals((await test.append(draft)).map(gist), [2]);
    assertEquals(await inboxOf(test, "s1"), []);
  },
);

onEachLog("log keeps direct messages for a session that is away", async (test) => {
  await test.append(opens("s1", "Bob"), tells("zero", { inbox: { session: "s1" } }), goes("s1", 1));
  const kept = await test.append(
    tells("one"),
    tells("two", { to: "ｂｏｂ" }),
    tells("three", { inbox: { session: "s1" } }),
  );
  assertEquals(kept.map(gist), [2, 3, 4]);
  assertEquals(kept.map((outcome) => "session" in outcome && outcome.session), Array(3).fill("s1"));
  await test.reopen();
  const { inboxSeq, inboxSeen } = (await test.log.session("s1"))!;
  assertEquals([inboxSeq, inboxSeen], [4, 1]);
  assertEquals(await inboxOf(test, "s1", inboxSeen), ["2 one", "3 two", "4 three"]);
});

onEachLog("log counts each inbox by itself, and reads it page by page", async (test) => {
  await test.append(opens("s1", "Bob"), opens("s2", "Carol"));
  const drafts = upTo(20).map((n) => tells(`${n}`, { to: n % 2 === 0 ? "Bob" : "Carol" }));
  assertEquals((await test.append(...drafts)).map(gist), upTo(20).map((n) => Math.ceil(n / 2)));
  const first = await test.log.inbox("s1", 0, 9);
  assertEquals([first.items.length, first.more], [9, true]);
  const last = await test.log.inbox("s1", 9, 9);
  assertEquals([last.items.map(({ text }) => text), last.more], [["20"], false]);
  assertEquals(await inboxOf(test, "s1", 10), []);
  assertEquals(await inboxOf(test, "s1", Number.MAX_SAFE_INTEGER), []);
  assertEquals(await inboxOf(test, "nobody's"), []);
});

onEachLog("log knows nobody of a name that nobody ever had", async (test) => {
  await test.append(opens("s1", "Bob"));
  const outcomes = await test.append(tells("lost", { to: "Nobody", session: "s1", ref: 1 }));
  assertEquals(outcomes.map(gist), ["unknown name"]);
  // The ref was refused, not used.
  assertEquals((await test.append(says("one", { session: "s1", ref: 1 }))).map(gist), [1]);
});

onEachLog("log keeps what is for a name for the session that had it last", async (test) => {
  await test.append(opens("old", "Bob"));
  await test.append(goes("old"));
  await test.append(opens("new", "Bob"));
  assertEquals((await test.append(tells("connected"))).map(gist), [1]);
  await test.append(goes("new"));
  await test.append(tells("away"));
  await test.append(opens("new", "Robert"), goes("new"));
  await test.append(tells("renamed"));
  assertEquals(await inboxOf(test, "new"), ["1 connected", "2 away"]);
  assertEquals(await inboxOf(test, "old"), ["1 renamed"]);
});

onEachLog("log keeps a direct message that has no inbox, for its ref alone", async (test) => {
  await test.append(opens("s1", "Alice"));
  const draft = tells("to a lecture client", { inbox: undefined, session: "s1", ref: 1 });
  assertEquals((await test.append(draft, draft)).map(gist), [0, "repeated 0"]);
});
