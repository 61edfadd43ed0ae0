import { assertEquals, assertStringIncludes } from "@std/assert";
import { scalingText } from "../../bench/scaling.ts";
import { PURE } from "../fixtures/pure.ts";

const BASIS = {
  apart: 90_000,
  oneRoom: 5_000_000,
  manyRooms: 300_000,
  bytesEach: 160,
  durable: 30_000,
  idleEach: 12_000,
};

Deno.test(
  "bench counts people by the cost of lone messages, not of batches",
  PURE,
  () => {
    const text = scalingText(BASIS).join("\n");
    assertStringIncludes(text, "**One core** carries 54,000 people: 90,000 deliveries/s");
    assertStringIncludes(text, "each would carry 540,000.");
    assertStringIncludes(text, "- 54,000: the one thread");
  },
);

Deno.test("bench extrapolates nothing from rows that were not measured", PURE, () => {
  for (const name of Object.keys(BASIS)) {
    assertEquals(scalingText({ ...BASIS, [name]: NaN }), [
      "Not all of the rows for this section were measured.",
    ]);
  }
});
