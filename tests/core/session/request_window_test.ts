import { assertEquals } from "@std/assert";
import { RequestWindow } from "../../../core/session/request_window.ts";
import type { Request } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Requests with these numbers as ids. */
function asked(window: RequestWindow, ...numbers: number[]): void {
  for (const number of numbers) window.add({ type: "ping", id: `m${number}`, payload: {} });
}

function ids(requests: Request[]): number[] {
  return requests.map(({ id }) => Number(id?.slice(1)));
}

/** From `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

Deno.test("requests go out at once, and at most 256 are unanswered", PURE, () => {
  const window = new RequestWindow();
  asked(window, ...range(1, 300));
  assertEquals(ids(window.next()), range(1, 256));
  assertEquals(window.next(), []);
  window.answered("m3");
  assertEquals(ids(window.next()), [257]);
});

Deno.test(
  "after a refusal nothing goes out until it may, and then the refused ones first",
  PURE,
  () => {
    const window = new RequestWindow();
    asked(window, 1, 2, 3);
    window.next();
    window.answered("m1");
    assertEquals(window.refused("m2", 500, 1_000), true);
    asked(window, 4);
    assertEquals(window.refused("m3", 499, 1_001), true);
    assertEquals(window.heldUntil, 1_500);
    assertEquals(window.next(), []);
    window.resume();
    const order = [];
    for (let next = ids(window.next()); next.length > 0; next = ids(window.next())) {
      order.push(next);
      for (const id of next) window.answered(`m${id}`);
    }
    assertEquals(order, [[2], [3, 4]]);
    assertEquals(window.heldUntil, undefined);
  },
);

Deno.test("a message that is refused again keeps its place", PURE, () => {
  const window = new RequestWindow();
  asked(window, 1, 2, 3);
  window.next();
  for (const id of ["m1", "m2", "m3"]) window.refused(id, 10, 0);
  window.resume();
  assertEquals(ids(window.next()), [1]);
  assertEquals(window.wasRefused("m1"), true);
  window.refused("m1", 10, 10);
  window.resume();
  assertEquals(ids(window.next()), [1]);
  window.answered("m1");
  assertEquals(ids(window.next()), [2, 3]);
});

Deno.test(
  "once slowed, few are unanswered at a time, so that few are refused at once",
  PURE,
  () => {
    const window = new RequestWindow();
    asked(window, ...range(1, 200));
    window.next();
    for (const number of range(1, 200)) window.refused(`m${number}`, 10, 0);
    window.resume();
    const unanswered: number[] = [];
    const answered: number[] = [];
    let most = 0;
    while (answered.length < 200) {
      unanswered.push(...ids(window.next()));
      most = Math.max(most, unanswered.length);
      const number = unanswered.shift() ?? 0;
      answered.push(number);
      window.answered(`m${number}`);
    }
    assertEquals(answered, range(1, 200));
    assertEquals(most, 16);
  },
);

Deno.test("it is slowed until all is answered", PURE, () => {
  const window = new RequestWindow();
  asked(window, 1, 2);
  window.next();
  window.refused("m1", 10, 0);
  assertEquals(window.isSlowed, true);
  window.answered("m2");
  assertEquals(window.isSlowed, true);
  window.resume();
  window.next();
  window.answered("m1");
  assertEquals(window.isSlowed, false);
});

Deno.test(
  "a refusal without a time waits a second; one of nothing that was asked is not ours",
  PURE,
  () => {
    const window = new RequestWindow();
    asked(window, 1);
    window.next();
    assertEquals(window.refused("q9", 5, 0), false);
    assertEquals(window.heldUntil, undefined);
    window.refused("m1", undefined, 0);
    assertEquals(window.heldUntil, 1_000);
    window.clear();
    assertEquals([window.heldUntil, window.next()], [undefined, []]);
  },
);
