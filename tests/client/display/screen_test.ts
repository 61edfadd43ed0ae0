import { assertEquals } from "@std/assert";
import { localClock } from "../../../client/display/clock.ts";
import { Screen } from "../../../client/display/screen.ts";
import type { Item } from "../../../core/chat/items.ts";
import { PURE } from "../../fixtures/pure.ts";

function screen(): Screen {
  return new Screen({
    clock: localClock,
    styled: (text) => text,
    columns: () => 80,
    self: () => "Alice",
  });
}

function said(seq: number): Item {
  const message = { sender: "Bob", room: "Work", text: `${seq}`, seq, at: 0 };
  return { kind: "message", message, own: false, mention: false, past: false };
}

Deno.test(
  "a screen says where what it has kept of a room begins, when that is not all",
  PURE,
  () => {
    const kept = screen();
    kept.activate("General", 0);
    for (let seq = 1; seq <= 200; seq++) kept.show(said(seq), 0);
    assertEquals(kept.activate("Work", 0), undefined);
    kept.activate("General", 0);
    for (let seq = 201; seq <= 450; seq++) kept.show(said(seq), 0);
    assertEquals(kept.activate("work", 0), { seq: 251, left: 50 });
  },
);
