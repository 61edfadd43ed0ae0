/** An outbox over stores that take their time, fail, or end with the program. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseJournal } from "../../../core/session/journal.ts";
import { Outbox } from "../../../core/session/outbox.ts";
import { Sender } from "../../../core/session/sender.ts";
import { draftId } from "../../../core/chat/state.ts";
import type { Request } from "../../../protocol/mod.ts";
import { FailingStore, SlowStore } from "../../fixtures/stores.ts";

const room = { room: "General" };

/** Durations of calls in turns of the event loop, over and over. */
const durations = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 8 })
  .map((turns) => {
    let call = 0;
    return () => turns[call++ % turns.length] ?? 0;
  });

type Step = { say: string } | { ack: number } | "reconnect" | "pause";

const steps = fc.array(
  fc.oneof(
    fc.record({ say: fc.string({ minLength: 1, maxLength: 4 }) }),
    fc.record({ ack: fc.nat({ max: 5 }) }),
    fc.constant<Step>("reconnect"),
    fc.constant<Step>("pause"),
  ) as fc.Arbitrary<Step>,
  { maxLength: 20 },
);

/** Plays steps on a sender over `store`. `seen` is called with each request when it is written. */
async function play(store: SlowStore, steps: Step[], seen: (request: Request) => void) {
  const outbox = await Outbox.open(store);
  const write = (request: Request) => seen(request);
  const nothing = () => {};
  const sender = new Sender({
    outbox,
    write,
    held: nothing,
    slowed: nothing,
    unkept: nothing,
    waits: nothing,
  });
  sender.connected(0);
  for (const step of steps) {
    if (step === "pause") await new Promise((resolve) => setTimeout(resolve));
    else if (step === "reconnect") {
      sender.stop();
      sender.connected(0);
    } else if ("say" in step) sender.say(outbox.add(room, step.say));
    else {
      const draft = [...outbox.drafts][step.ack];
      if (draft === undefined) continue;
      outbox.settle(draft.ref);
      sender.answered(draftId(draft.ref));
    }
  }
  return outbox;
}

Deno.test("nothing is sent before a slow store knows of it, and the order stays", async () => {
  await fc.assert(
    fc.asyncProperty(steps, durations, async (steps, durations) => {
      const store = new SlowStore(durations);
      const refs: number[] = [];
      const outbox = await play(store, steps, ({ payload }) => {
        const ref = (payload as { ref: number }).ref;
        // After a reconnect the first of those that wait is sent again.
        if (ref > (refs.at(-1) ?? 0)) refs.push(ref);
        else refs.splice(0, refs.length, ref);
        const { drafts, lastRef } = parseJournal(store.text);
        assert(lastRef >= ref);
        assert(drafts.get(ref)?.sent !== false, `${ref} is unsent by the store`);
      });
      const waiting = [...outbox.drafts];
      await outbox.close();
      assert(store.isClosed);
      assertEquals([...parseJournal(store.text).drafts.values()], waiting);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a program that is killed while a slow store writes leaves a beginning of what was written", async () => {
  const texts = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(texts, durations, fc.nat({ max: 20 }), async (texts, durations, pauses) => {
      const store = new SlowStore(durations);
      const outbox = await Outbox.open(store);
      for (const text of texts) outbox.add(room, text);
      const all = [...outbox.drafts];
      outbox.settle(all[0]?.ref ?? 0);
      for (let pause = 0; pause < pauses; pause++) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      const next = await Outbox.open(new SlowStore(durations, store.cut()));
      const left = [...next.drafts].map(({ text }) => text);
      // As far as the store came: a beginning of what was written, in its order.
      const isDone = store.text.includes('"done"');
      assertEquals(left, isDone ? texts.slice(1) : texts.slice(0, left.length));
      await next.close();
    }),
    { numRuns: 60 },
  );
});

Deno.test("a store that fails is reported once, and the outbox goes on from memory", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 12 }), fc.boolean(), async (writes, canBeCleared) => {
      const store = new FailingStore(writes, canBeCleared);
      const outbox = await Outbox.open(store);
      const reports: string[] = [];
      outbox.onFailure((problem) => void reports.push(problem));
      outbox.session = "token";
      const drafts = ["a", "b", "c"].map((text) => outbox.add(room, text));
      outbox.markSent(drafts.map(({ ref }) => ref));
      assertEquals([...outbox.drafts], drafts);
      assertEquals(outbox.session, "token");
      // One to open it, unless it only has to be emptied, one for the token, four for the drafts.
      const lasts = writes >= (canBeCleared ? 5 : 6);
      assertEquals([reports.length, outbox.durable], [lasts ? 0 : 1, lasts]);
      assertEquals(await outbox.mayEndSession(), lasts);
      for (const { ref } of drafts) outbox.settle(ref);
      const isClean = await outbox.mayEndSession();
      assertEquals(isClean, outbox.durable || canBeCleared);
      // The next start sends nothing that this one has sent, unless it resumes the session.
      const next = parseJournal(store.text);
      const unsent = [...next.drafts.values()].filter(({ sent }) => !sent);
      assert(!isClean || unsent.length === 0);
      await outbox.close();
    }),
  );
});
