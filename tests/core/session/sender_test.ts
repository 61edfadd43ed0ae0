/** The order and the refs in which a sender sends an outbox. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { errorEvent, type Request } from "../../../protocol/mod.ts";
import { openPersonsOutbox } from "../../../client/files/outbox_file.ts";
import { Outbox } from "../../../core/session/outbox.ts";
import { Sender } from "../../../core/session/sender.ts";
import { draftId } from "../../../core/chat/state.ts";
import { Directory } from "../../fixtures/files.ts";

const room = { room: "General" };

/** A sender, and the refs and texts that it writes. */
function start(outbox: Outbox) {
  const written: { ref: number; text: string }[] = [];
  const write = ({ payload }: Request) => void written.push(payload as typeof written[number]);
  const nothing = () => {};
  const reasons: string[] = [];
  const waits = (reason: string) => void reasons.push(reason);
  const sender = new Sender({
    outbox,
    write,
    held: nothing,
    slowed: nothing,
    unkept: nothing,
    waits,
  });
  const taken = () => written.splice(0).map(({ text }) => text);
  return { outbox, sender, written, taken, reasons };
}

/** An outbox in memory with these texts, under these refs. */
function outboxOf(...texts: string[]): Outbox {
  const outbox = Outbox.inMemory();
  for (const text of texts) outbox.add(room, text);
  return outbox;
}

function refsOf(outbox: Outbox): number[] {
  return [...outbox.drafts].map(({ ref }) => ref);
}

function acknowledge({ outbox, sender }: ReturnType<typeof start>, ref: number): void {
  outbox.settle(ref);
  sender.answered(draftId(ref));
}

Deno.test("refs rise by steps that no two outboxes share", () => {
  const [one, other] = [outboxOf(..."abcdefgh"), outboxOf(..."abcdefgh")];
  for (const outbox of [one, other]) {
    const refs = refsOf(outbox);
    assertEquals(refs, refs.toSorted((a, b) => a - b));
    assertEquals(new Set(refs).size, refs.length);
  }
  assert(refsOf(one).join() !== refsOf(other).join());
});

Deno.test("raise() believes no ref above which there would be no others", () => {
  const outbox = Outbox.inMemory();
  for (const ref of [NaN, -1, 0.5, Infinity, Number.MAX_SAFE_INTEGER]) outbox.raise(ref);
  assert(outbox.add(room, "a").ref < 100_000);
  outbox.raise(5_000_000);
  assert(outbox.add(room, "b").ref > 5_000_000);
});

Deno.test("messages that may have arrived go first, and the rest once that is known", () => {
  const outbox = outboxOf("a", "b", "c", "d");
  const test = start(outbox);
  const [a = 0, b = 0] = refsOf(outbox);
  test.sender.connected(b);
  assertEquals(test.taken(), ["a", "b"]);
  acknowledge(test, a);
  test.sender.say(outbox.add(room, "e"));
  assertEquals(test.taken(), []);
  acknowledge(test, b);
  assertEquals(test.taken(), ["c", "d", "e"]);
});

Deno.test("messages that did not arrive go again under new refs, before later ones", () => {
  const outbox = outboxOf("a", "b", "c", "d");
  const test = start(outbox);
  const [a = 0, b = 0, c = 0, d = 0] = refsOf(outbox);
  test.sender.connected(c);
  test.taken();
  const refusal = (code: "ref_used" | "stale_ref", ref: number) =>
    errorEvent(code, "", draftId(ref));
  assertEquals(test.sender.sendsAgain(refusal("ref_used", a)), true);
  acknowledge(test, b);
  assertEquals(test.taken(), []);
  assertEquals(test.sender.sendsAgain(refusal("stale_ref", c)), true);
  assertEquals(test.written.map(({ text }) => text), ["a", "c", "d"]);
  const refs = test.written.map(({ ref }) => ref);
  assertEquals(refs, refs.toSorted((one, other) => one - other));
  assert(refs.every((ref) => ref > d));
  assertEquals(refsOf(outbox), refs);
});

Deno.test("a message refused for its ref is sent again once on a connection", () => {
  const outbox = outboxOf("a");
  const test = start(outbox);
  test.sender.connected(0);
  const refused = (ref: number, highest?: number) => {
    const { payload } = errorEvent("ref_used", "");
    const more = highest === undefined ? {} : { ref: highest };
    const event = { type: "error", id: draftId(ref), payload: { ...payload, ...more } } as const;
    return test.sender.sendsAgain(event);
  };
  const [first = 0] = refsOf(outbox);
  assertEquals(refused(first, 50_000_000), true);
  const [second = 0] = refsOf(outbox);
  assert(second > 50_000_000);
  assertEquals(refused(second), false);
  test.sender.stop();
  test.sender.connected(0);
  assertEquals([refused(second), test.taken()], [true, ["a", "a", "a", "a"]]);
});

Deno.test("nothing is sent again of which nobody can tell whether it was said", () => {
  for (const highest of [undefined, 1_000_000]) {
    const outbox = outboxOf("a");
    const test = start(outbox);
    test.sender.connected(highest);
    const [ref = 0] = refsOf(outbox);
    assertEquals(test.sender.sendsAgain(errorEvent("ref_expired", "", draftId(ref))), false);
    // A server without highest refs answers so for messages that it no longer has.
    const stale = errorEvent("stale_ref", "", draftId(ref));
    assertEquals(test.sender.sendsAgain(stale), highest !== undefined);
  }
});

Deno.test("a process that is killed while refs change leaves each draft under one", async () => {
  const texts = fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(texts, async (texts) => {
      using directory = new Directory();
      const open = async () =>
        (await openPersonsOutbox(directory.path, ["127.0.0.1:1", "alice"]))?.outbox as Outbox;
      const outbox = await open();
      for (const text of texts) outbox.add(room, text);
      const [file] = [...Deno.readDirSync(directory.path)].filter(({ name }) => name.endsWith("l"));
      const path = directory.file(file?.name);
      const before = Deno.readTextFileSync(path).length;
      outbox.renumber([...outbox.drafts]);
      outbox.close();
      const whole = Deno.readTextFileSync(path);
      for (let length = before; length <= whole.length; length++) {
        Deno.writeTextFileSync(path, whole.slice(0, length));
        const again = await open();
        assertEquals([...again.drafts].map(({ text }) => text), texts);
        again.close();
      }
    }),
    { numRuns: 10 },
  );
});

/** The refusal of a draft by a room that takes one message in so many seconds. */
function tooEarly(ref: number) {
  const error = errorEvent("slow_mode", "General takes one message in 1 s", draftId(ref));
  return { ...error, payload: { ...error.payload, retry_after: 1 } };
}

Deno.test("drafts to a slow room wait in their order, and nothing else waits for them", async () => {
  const outbox = outboxOf("a", "b", "c");
  const test = start(outbox);
  test.sender.connected(0);
  const [a = 0, b = 0, c = 0] = test.written.map(({ ref }) => ref);
  assertEquals(test.taken(), ["a", "b", "c"]);
  acknowledge(test, a);
  for (const ref of [b, c]) assert(test.sender.sendsAgain(tooEarly(ref)));
  assertEquals([test.reasons.length, outbox.size], [1, 2]);
  const elsewhere = outbox.add({ room: "Ops" }, "ops");
  const d = outbox.add(room, "d");
  for (const draft of [elsewhere, d]) test.sender.say(draft);
  assertEquals(test.taken(), ["ops"]);
  acknowledge(test, elsewhere.ref);
  for (const text of ["b", "c", "d"]) {
    while (test.written.length === 0) await new Promise((resolve) => setTimeout(resolve));
    const { ref } = test.written[0] ?? { ref: 0 };
    // What was said elsewhere has used a ref: a lower one would be refused as stale.
    assert(ref > elsewhere.ref);
    assertEquals(test.taken(), [text]);
    if (text === "c") {
      assert(test.sender.sendsAgain(tooEarly(ref)));
      while (test.written.length === 0) await new Promise((resolve) => setTimeout(resolve));
      acknowledge(test, test.written[0]?.ref ?? 0);
      assertEquals(test.written.shift()?.text, "c");
    } else acknowledge(test, ref);
  }
  assertEquals([outbox.size, test.reasons.length], [0, 1]);
  test.sender.stop();
});
