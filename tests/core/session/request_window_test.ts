import { assertEquals } from "@std/assert";
import { Pace } from "../../../core/session/request_window.ts";
import type { Request } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Requests called by these numbers. */
function asked(pace: Pace, ...numbers: number[]): void {
  for (const number of numbers) pace.add({ type: "ping", id: `m${number}`, payload: {} });
}

function ids(requests: Request[]): number[] {
  return requests.map(({ id }) => Number(id?.slice(1)));
}

/** From `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

Deno.test("what is asked goes out at once, and 256 are unanswered at most", PURE, () => {
  const pace = new Pace();
  asked(pace, ...range(1, 300));
  assertEquals(ids(pace.next()), range(1, 256));
  assertEquals(pace.next(), []);
  pace.answered("m3");
  assertEquals(ids(pace.next()), [257]);
});

Deno.test(
  "after a refusal nothing goes out until it may, and then the refused ones first",
  PURE,
  () => {
    const pace = new Pace();
    asked(pace, 1, 2, 3);
    pace.next();
    pace.answered("m1");
    assertEquals(pace.refused("m2", 500, 1_000), true);
    asked(pace, 4);
    assertEquals(pace.refused("m3", 499, 1_001), true);
    assertEquals(pace.heldUntil, 1_500);
    assertEquals(pace.next(), []);
    pace.resume();
    const order = [];
    for (let next = ids(pace.next()); next.length > 0; next = ids(pace.next())) {
      order.push(next);
      for (const id of next) pace.answered(`m${id}`);
    }
    assertEquals(order, [[2], [3, 4]]);
    assertEquals(pace.heldUntil, undefined);
  },
);

Deno.test("one that is refused again keeps its place", PURE, () => {
  const pace = new Pace();
  asked(pace, 1, 2, 3);
  pace.next();
  for (const id of ["m1", "m2", "m3"]) pace.refused(id, 10, 0);
  pace.resume();
  assertEquals(ids(pace.next()), [1]);
  assertEquals(pace.wasRefused("m1"), true);
  pace.refused("m1", 10, 10);
  pace.resume();
  assertEquals(ids(pace.next()), [1]);
  pace.answered("m1");
  assertEquals(ids(pace.next()), [2, 3]);
});

Deno.test(
  "once slowed, few are unanswered at a time, so that few are refused at once",
  PURE,
  () => {
    const pace = new Pace();
    asked(pace, ...range(1, 200));
    pace.next();
    for (const number of range(1, 200)) pace.refused(`m${number}`, 10, 0);
    pace.resume();
    const unanswered: number[] = [];
    const answered: number[] = [];
    let most = 0;
    while (answered.length < 200) {
      unanswered.push(...ids(pace.next()));
      most = Math.max(most, unanswered.length);
      const number = unanswered.shift() ?? 0;
      answered.push(number);
      pace.answered(`m${number}`);
    }
    assertEquals(answered, range(1, 200));
    assertEquals(most, 16);
  },
);

Deno.test("it is slowed until all is answered", PURE, () => {
  const pace = new Pace();
  asked(pace, 1, 2);
  pace.next();
  pace.refused("m1", 10, 0);
  assertEquals(pace.isSlowed, true);
  pace.answered("m2");
  assertEquals(pace.isSlowed, true);
  pace.resume();
  pace.next();
  pace.answered("m1");
  assertEquals(pace.isSlowed, false);
});

Deno.test(
  "a refusal without a time waits a second; one of nothing that was asked is not ours",
  PURE,
  () => {
    const pace = new Pace();
    asked(pace, 1);
    pace.next();
    assertEquals(pace.refused("q9", 5, 0), false);
    assertEquals(pace.heldUntil, undefined);
    pace.refused("m1", undefined, 0);
    assertEquals(pace.heldUntil, 1_000);
    pace.clear();
    assertEquals([pace.heldUntil, pace.next()], [undefined, []]);
  },
);
