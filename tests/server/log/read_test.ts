import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { encode, LIMITS } from "../../../protocol/mod.ts";
import type { Range } from "../../../server/log/message_log.ts";
import { onEachLog, opens, says, type TestLog, upTo } from "../../fixtures/log.ts";

async function readSeqs(test: TestLog, range: Omit<Range, "room">) {
  const { items, more } = await test.log.read({ room: "General", ...range });
  return { seqs: items.map(({ seq }) => seq), more };
}

onEachLog(
  "log reads the newest, what is before, what is after, and what is between",
  async (test) => {
    await test.append(...upTo(10).map((n) => says(`${n}`)), says("other", { room: "Music" }));
    const ranges: [Omit<Range, "room">, number[], boolean][] = [
      [{ limit: 3 }, [8, 9, 10], true],
      [{ limit: 10 }, upTo(10), false],
      [{ limit: 500 }, upTo(10), false],
      [{ limit: 3, before: 8 }, [5, 6, 7], true],
      [{ limit: 3, before: 4 }, [1, 2, 3], false],
      [{ limit: 3, before: 3 }, [1, 2], false],
      [{ limit: 3, before: 1 }, [], false],
      [{ limit: 3, before: 11 }, [8, 9, 10], true],
      [{ limit: 3, before: Number.MAX_SAFE_INTEGER }, [8, 9, 10], true],
      [{ limit: 3, after: 0 }, [1, 2, 3], true],
      [{ limit: 3, after: 7 }, [8, 9, 10], false],
      [{ limit: 3, after: 8 }, [9, 10], false],
      [{ limit: 3, after: 10 }, [], false],
      [{ limit: 3, after: Number.MAX_SAFE_INTEGER }, [], false],
      [{ limit: 3, after: 2, before: 5 }, [3, 4], false],
      [{ limit: 3, after: 2, before: 7 }, [3, 4, 5], true],
      [{ limit: 3, after: 5, before: 6 }, [], false],
      [{ limit: 3, after: 6, before: 2 }, [], false],
    ];
    for (const [range, seqs, more] of ranges) {
      assertEquals(await readSeqs(test, range), { seqs, more }, JSON.stringify(range));
    }
  },
);

onEachLog("log has nothing to read in a room where nothing was said", async (test) => {
  await test.append(says("one"));
  for (const range of [{ limit: 5 }, { limit: 5, after: 0 }, { limit: 5, before: 9 }]) {
    const page = await test.log.read({ room: "Silence", ...range });
    assertEquals(page, { items: [], more: false });
  }
});

onEachLog(
  "log reads what was appended just before, after a page that was not the last",
  async (test) => {
    for (let n = 1; n <= 20; n++) {
      await test.append(says(`${n}`));
      assertEquals(await readSeqs(test, { after: n - 1, limit: 1 }), { seqs: [n], more: false });
      // Leaves rows behind, on purpose.
      if (n > 1) assertEquals((await readSeqs(test, { after: 0, limit: 1 })).more, true);
    }
  },
);

onEachLog("log shows a ref to the session that gave it, and to nobody else", async (test) => {
  await test.append(opens("s1", "Alice"), opens("s2", "Bob"));
  await test.append(says("one", { session: "s1", ref: 4 }), says("two", { session: "s2", ref: 4 }));
  for (const [session, ...refs] of [["s1", 4, undefined], ["s2", undefined, 4]] as const) {
    const { items } = await test.log.read({ room: "General", limit: 9, session });
    assertEquals(items.map(({ ref }) => ref), refs);
  }
  for (const session of [undefined, "", "s3"]) {
    const { items } = await test.log.read({ room: "General", limit: 9, session });
    assertEquals(items.map((item) => "ref" in item), [false, false]);
  }
});

/** The longest lines that a text, a name, a room and an id can make. */
const LONGEST = ["\u0001", "😀", "\u{10FFFF}", '"', "x"].map((each) => each.repeat(LIMITS.text));

onEachLog(
  "log fills a page so that it fits a line, and pages reach everything once",
  async (test) => {
    const room = "\u{20000}".repeat(LIMITS.room);
    const sender = "\u{20001}".repeat(LIMITS.name);
    await test.append(...upTo(40).map((n) => says(LONGEST[n % LONGEST.length]!, { room, sender })));
    const id = "\u{10FFFF}".repeat(LIMITS.id);
    const seen: number[] = [];
    for (let after = 0, more = true; more;) {
      const page = await test.log.read({ room, after, limit: LIMITS.history });
      const payload = { room, messages: page.items, more: page.more };
      const line = new TextEncoder().encode(encode({ type: "history", id, payload }));
      assertLessOrEqual(line.length - 1, LIMITS.line);
      assertGreater(page.items.length, 0);
      seen.push(...page.items.map(({ seq }) => seq));
      after = seen.at(-1) as number;
      more = page.more;
    }
    assertEquals(seen, upTo(40));
    const backwards: number[] = [];
    for (let before: number | undefined, more = true; more;) {
      const range = { room, limit: LIMITS.history, ...before === undefined ? {} : { before } };
      const page = await test.log.read(range);
      backwards.unshift(...page.items.map(({ seq }) => seq));
      before = backwards[0];
      more = page.more;
    }
    assertEquals(backwards, upTo(40));
  },
);

onEachLog("log fills a page of an inbox and of a search so that it fits a line", async (test) => {
  const texts = LONGEST.map((text) => "word " + [...text].slice(5).join(""));
  const inbox = { session: "s1" } as const;
  await test.append(opens("s1", "Bob"));
  await test.append(
    ...texts.map((text) => says(text)),
    ...texts.map((text) => ({ kind: "direct", sender: "A", to: "Bob", inbox, text } as const)),
  );
  const found = await test.log.search({ query: "word", rooms: ["General"], limit: 500 });
  assert(!("problem" in found));
  const pages = [found, await test.log.inbox("s1", 0, 500)];
  for (const { items, more } of pages) {
    assert(items.length > 0 && more);
    assertLessOrEqual(new TextEncoder().encode(JSON.stringify(items)).length, 60_000 + 2);
  }
});
