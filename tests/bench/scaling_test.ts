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
  "bench counts people by what lone messages cost, not by what is done together",
  PURE,
  () => {
    const text = scalingText(BASIS).join("\n");
    assertStringIncludes(text, "**One core** carries 54,000 people: 90,000 deliveries/s");
    assertStringIncludes(text, "each would carry 540,000.");
    assertStringIncludes(text, "- 54,000: the one thread");
  },
);

Deno.test("bench counts nothing on from rows that were not measured", PURE, () => {
  for (const name of Object.keys(BASIS)) {
    assertEquals(scalingText({ ...BASIS, [name]: NaN }), [
      "Not all of the rows that this rests on were measured.",
    ]);
  }
});
