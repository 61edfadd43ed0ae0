import { assert, assertEquals } from "@std/assert";
import { gist, onEachLog, opens, says, tells, TestLog, upTo } from "../../fixtures/log.ts";

onEachLog(
  "log answers a ref that was used for the same with the original, and keeps nothing",
  async (test) => {
    const first = await test.append(
      opens("s1", "Alice"),
      opens("s2", "Bob"),
      says("one", { session: "s1", ref: 1 }),
      says("two", { session: "s1", ref: 2, room: "Music" }),
      tells("three", { session: "s1", ref: 3 }),
    );
    const originals = first.flatMap((outcome) => "entry" in outcome ? [outcome.entry] : []);
    for (let round = 0; round < 3; round++) {
      await test.reopen();
      const retried = await test.append(
        // Names are equal when their folds are, and the sender may have been renamed since.
        says("one", { session: "s1", ref: 1, sender: "Renamed" }),
        says("two", { session: "s1", ref: 2, room: "ＭUSIC" }),
        tells("three", { session: "s1", ref: 3, to: "bob" }),
        says("one", { session: "s1", ref: 1, room: "Elsewhere", isRoomImplied: true }),
      );
      const [one, two, three] = originals;
      assertEquals(
        retried.map((outcome) => outcome.kind === "repeated" ? { ...outcome.entry } : outcome),
        [one, two, three, one].map((entry) => ({ ...entry! })),
      );
    }
    assertEquals([await test.texts(), await test.texts("Music")], [["one"], ["two"]]);
    assertEquals((await test.log.inbox("s2", 0, 500)).items.map(({ text }) => text), ["three"]);
  },
);

onEachLog(
  "log knows what came of a direct message when the one it was for has quit",
  async (test) => {
    await test.append(opens("s1", "Alice"), opens("s2", "Bob"));
    const told = tells("hello", { session: "s1", ref: 1, inbox: { session: "s2" } });
    assertEquals((await test.append(told)).map(gist), [1]);
    await test.append({ kind: "quit", session: "s2" }, opens("s3", "Bob"));
    await test.reopen();
    assertEquals((await test.append(told)).map(gist), ["repeated 1"]);
    assertEquals((await test.log.inbox("s3", 0, 10)).items, []);
    await test.append({ kind: "quit", session: "s1" });
  },
);

onEachLog("log takes a ref once, however often it comes in one batch", async (test) => {
  await test.append(opens("s1", "Alice"));
  const outcomes = await test.append(...Array(5).fill(says("one", { session: "s1", ref: 7 })));
  assertEquals(outcomes.map(gist), [1, ...Array(4).fill("repeated 1")]);
  assertEquals(await test.texts(), ["one"]);
});

onEachLog("log refuses a ref below the highest that no message has", async (test) => {
  await test.append(opens("s1", "Alice"), says("ten", { session: "s1", ref: 10 }));
  for (let round = 0; round < 2; round++) {
    const outcomes = await test.append(
      says("nine", { session: "s1", ref: 9 }),
      tells("nine", { session: "s1", ref: 9 }),
    );
    assertEquals(outcomes, Array(2).fill({ kind: "stale ref", highest: 10 }));
    await test.reopen();
  }
  assertEquals(await test.texts(), ["ten"]);
  const [next] = await test.append(says("eleven", { session: "s1", ref: 11 }));
  assertEquals(gist(next), 2);
});

onEachLog(
  "log counts the refs of each session by itself, in any order of sessions",
  async (test) => {
    const sessions = ["s1", "s2", "s3"];
    await test.append(...sessions.map((session) => opens(session, session)));
    for (const ref of [1, 2, 5]) {
      const outcomes = await test.append(
        ...sessions.map((session) => says(`${ref}`, { session, ref })),
      );
      assertEquals(outcomes.map(({ kind }) => kind), Array(3).fill("message"));
      await test.reopen();
    }
    const [other] = await test.append(says("3", { session: "s2", ref: 3 }));
    assertEquals(gist(other), "stale ref");
    assertEquals(await test.seqs(), upTo(9));
  },
);

onEachLog("log has refs of messages and of direct messages in one row", async (test) => {
  await test.append(opens("s1", "Alice"), opens("s2", "Bob"));
  await test.append(tells("five", { session: "s1", ref: 5 }));
  const outcomes = await test.append(
    says("four", { session: "s1", ref: 4 }),
    says("five", { session: "s1", ref: 5 }),
    tells("five", { session: "s1", ref: 5 }),
    says("six", { session: "s1", ref: 6 }),
  );
  assertEquals(
    outcomes.map(({ kind }) => kind),
    ["stale ref", "used ref", "repeated", "message"],
  );
});

onEachLog("log takes the largest ref there is", async (test) => {
  const ref = Number.MAX_SAFE_INTEGER;
  await test.append(opens("s1", "Alice"), says("last", { session: "s1", ref }));
  await test.reopen();
  assertEquals((await test.append(says("last", { session: "s1", ref }))).map(gist), ["repeated 1"]);
  const { items } = await test.log.read({ room: "General", limit: 1, session: "s1" });
  assertEquals(items[0]?.ref, ref);
});

onEachLog(
  "log keeps no account for a message without a ref, or without a session",
  async (test) => {
    await test.append(opens("s1", "Alice"));
    const drafts = [
      says("a", { session: "s1" }),
      says("a", { session: "s1" }),
      says("a", { ref: 1 }),
    ];
    assertEquals((await test.append(...drafts, ...drafts)).map(gist), upTo(6));
  },
);

onEachLog("log opens the account of a session that it does not know", async (test) => {
  // As after a connect while nothing could be stored.
  const draft = says("one", { session: "unheard of", ref: 1, sender: "Carol" });
  assertEquals((await test.append(draft, draft)).map(gist), [1, "repeated 1"]);
  await test.reopen();
  assertEquals((await test.append(draft)).map(gist), ["repeated 1"]);
  assertEquals((await test.log.session("unheard of"))?.name, "Carol");
});

Deno.test("log forgets a ref with the message that fails with it", async () => {
  await using test = await TestLog.open("file");
  await test.append(opens("s1", "Alice"));
  const draft = says("one", { session: "s1", ref: 1 });
  const failed = await test.append(draft, says(null as unknown as string));
  assert(failed.every(({ kind }) => kind === "failed"));
  assertEquals((await test.append(draft)).map(gist), [1]);
});
