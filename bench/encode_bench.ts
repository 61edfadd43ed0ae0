// Events → lines: done once for all recipients.

import { encode } from "../protocol/mod.ts";
import { TEXT } from "./text.ts";

const payload = { sender: "Alice", room: "General", text: TEXT, seq: 123456, at: 1767225600000 };
const long = { ...payload, text: "é\n".repeat(2048) };
const page = Array.from({ length: 50 }, () => payload);

Deno.bench("encode() a message", () => {
  encode({ type: "message", payload });
});

Deno.bench("encode() a text of 4096", () => {
  encode({ type: "message", payload: long });
});

Deno.bench("encode() a history of 50", () => {
  encode({ type: "history", payload: { room: "General", messages: page, more: true } });
});
