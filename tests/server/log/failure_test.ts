import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LogFailure, type MessageLog, type Outcome } from "../../../server/log/message_log.ts";
import { SqliteLog } from "../../../server/log/sqlite/sqlite_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { gist, KEEP_ALL, opens, says, upTo } from "../../fixtures/log.ts";
import { canMount, SmallDisk } from "../../fixtures/small_disk.ts";

async function open(path: string): Promise<SqliteLog> {
  return (await SqliteLog.open({ path, sync: "full", retention: KEEP_ALL })).log;
}

/** The reason why nothing of a batch was stored; fails if anything was. */
function reasonOf(outcomes: Outcome[]): string {
  const reasons = outcomes.map((each) => each.kind === "failed" ? each.reason : gist(each));
  assertEquals(new Set(reasons).size, 1);
  return `${reasons[0]}`;
}

async function texts(log: MessageLog): Promise<string[]> {
  const { items } = await log.read({ room: "General", after: 0, limit: 500 });
  return items.map(({ text }) => text);
}

Deno.test({
  name: "log on a full disk keeps nothing, says so, and goes on when there is room again",
  ignore: !canMount,
  async fn() {
    await using disk = await SmallDisk.mount(4_000_000);
    await using log = await open(`${disk!.path}/chat.db`);
    await log.append([opens("s1", "Alice"), says("before", { session: "s1", ref: 1 })]);
    for (let round = 1; round <= 3; round++) {
      await disk!.fill();
      const large = upTo(200).map((n) =>
        says("x".repeat(4096), { session: "s1", ref: round * 1000 + n, room: "Other" })
      );
      const draft = says(`round ${round}`, { session: "s1", ref: round * 1000 + 500 });
      assertEquals(reasonOf(await log.append([...large, draft])), "the disk is full");
      // Kept messages can still be asked for.
      assertEquals((await texts(log)).length, round);
      await disk!.empty();
      assertEquals((await log.append([draft])).map(gist), [round + 1]);
      assertEquals((await log.append([draft])).map(gist), [`repeated ${round + 1}`]);
    }
    assertEquals(await texts(log), ["before", "round 1", "round 2", "round 3"]);
    assertEquals((await log.read({ room: "Other", limit: 5 })).items, []);
  },
});

Deno.test({
  name: "log on a full disk takes what fits, one by one, and loses none of it",
  ignore: !canMount,
  async fn() {
    await using disk = await SmallDisk.mount(2_000_000);
    const kept: number[] = [];
    {
      await using log = await open(`${disk!.path}/chat.db`);
      for (let n = 1; n <= 600; n++) {
        const [outcome] = await log.append([says(`${n} `.padEnd(4000, "x"))]);
        if (outcome?.kind !== "message") continue;
        kept.push(n);
        assertEquals(outcome.entry.seq, kept.length);
      }
      assert(kept.length < 600);
    }
    await using log = await open(`${disk!.path}/chat.db`);
    const read: number[] = [];
    for (let more = true; more;) {
      const page = await log.read({ room: "General", after: read.length, limit: 500 });
      read.push(...page.items.map(({ text }) => parseInt(text)));
      more = page.more;
    }
    assertEquals(read, kept);
  },
});

/** Removes or replaces the file of a log in some way; returns how to undo that. */
type Loss = (path: string) => () => void;

const LOSSES: Record<string, { loss: Loss; reason: RegExp }> = {
  "moved away": {
    loss: (path) => {
      Deno.renameSync(path, `${path}.away`);
      return () => Deno.renameSync(`${path}.away`, path);
    },
    reason: /is gone$/,
  },
  "replaced": {
    loss: (path) => {
      Deno.renameSync(path, `${path}.away`);
      Deno.copyFileSync(`${path}.away`, path);
      return () => Deno.renameSync(`${path}.away`, path);
    },
    reason: /was replaced by another file$/,
  },
};

for (const [way, { loss, reason }] of Object.entries(LOSSES)) {
  Deno.test(`log whose file was ${way} keeps nothing until it is back, and then all`, async () => {
    using directory = new Directory();
    {
      await using log = await open(directory.file());
      await log.append([opens("s1", "Alice"), says("before", { session: "s1", ref: 1 })]);
      const bringBack = loss(directory.file());
      for (let attempt = 0; attempt < 3; attempt++) {
        const lost = await log.append([says("lost", { session: "s1", ref: 2 }), says("too")]);
        assertMatch(reasonOf(lost), reason);
      }
      bringBack();
      const drafts = [says("kept", { session: "s1", ref: 2 }), says("after")];
      assertEquals((await log.append(drafts)).map(gist), [2, 3]);
      assertEquals(await texts(log), ["before", "kept", "after"]);
    }
    await using log = await open(directory.file());
    assertEquals(await texts(log), ["before", "kept", "after"]);
  });
}

Deno.test("log whose file is gone for good never makes another in its place", async () => {
  using directory = new Directory();
  await using log = await open(directory.file());
  await log.append([says("before")]);
  Deno.removeSync(directory.file());
  for (let attempt = 0; attempt < 3; attempt++) {
    assertMatch(reasonOf(await log.append([says("lost")])), /is gone$/);
  }
  const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
  assertEquals(names.includes("chat.db"), false);
});

Deno.test("log whose file is emptied keeps nothing more, and does not begin anew", async () => {
  using directory = new Directory();
  {
    await using log = await open(directory.file());
    await log.append(upTo(100).map((n) => says(`${n}`)));
  }
  await using log = await open(directory.file());
  Deno.truncateSync(directory.file(), 0);
  for (let attempt = 0; attempt < 5; attempt++) {
    assertMatch(reasonOf(await log.append([says("lost"), says("lost")])), /was cut short$/);
  }
  assertEquals(Deno.statSync(directory.file()).size, 0);
});

Deno.test("log lives on when its index can't be brought up to date in a quiet moment", async () => {
  using directory = new Directory();
  await using log = await open(directory.file());
  await log.append([says("before")]);
  Deno.renameSync(directory.file(), directory.file("away"));
  // Longer than the log waits for a quiet moment.
  for (const end = performance.now() + 400; performance.now() < end;) {
    await log.session("nobody").catch((error) => assert(error instanceof LogFailure));
  }
  Deno.renameSync(directory.file("away"), directory.file());
  assertEquals((await log.append([says("after")])).map(gist), [2]);
});

Deno.test("log knows sessions again after a failure, before anything else is appended", async () => {
  using directory = new Directory();
  await using log = await open(directory.file());
  await log.append([opens("s1", "Alice")]);
  Deno.renameSync(directory.file(), directory.file("away"));
  assertMatch(reasonOf(await log.append([says("lost")])), /is gone$/);
  await log.session("s1").catch((error) => assert(error instanceof LogFailure));
  Deno.renameSync(directory.file("away"), directory.file());
  assertEquals((await log.session("s1"))?.name, "Alice");
});

Deno.test("log that can't be read says so, and can be asked again when it can", async () => {
  using directory = new Directory();
  await using log = await open(directory.file());
  await log.append([says("one")]);
  const wal = Deno.readFileSync(directory.file("chat.db-wal"));
  Deno.truncateSync(directory.file("chat.db-wal"));
  for (let attempt = 0; attempt < 2; attempt++) {
    await assertRejects(() => texts(log), LogFailure);
  }
  Deno.writeFileSync(directory.file("chat.db-wal"), wal);
  assertEquals(await texts(log), ["one"]);
});

Deno.test("log whose file was moved away can be read all the same", async () => {
  using directory = new Directory();
  await using log = await open(directory.file());
  await log.append([says("one")]);
  Deno.renameSync(directory.file(), directory.file("away"));
  assertMatch(reasonOf(await log.append([says("lost")])), /is gone$/);
  assertEquals(await texts(log), ["one"]);
});
