// Lines → requests: parsing and validating.

import { decodeRequest } from "../protocol/mod.ts";
import { TEXT } from "./text.ts";

const line = (type: string, payload: unknown) => JSON.stringify({ type, payload });
const message = line("message", { room: "General", text: TEXT });
const withRef = line("message", { room: "General", text: TEXT, ref: 123456 });
const long = line("message", { text: "é".repeat(4096) });
const connect = line("connect", { name: "Ålice", room: "General", version: 2 });
const refused = line("message", { room: "General", text: 7 });

Deno.bench("JSON.parse() alone, for comparison", { group: "message", baseline: true }, () => {
  JSON.parse(message);
});

Deno.bench("decodeRequest() reads a message", { group: "message" }, () => {
  decodeRequest(message);
});

Deno.bench("decodeRequest() reads a message with a ref", { group: "message" }, () => {
  decodeRequest(withRef);
});

Deno.bench("decodeRequest() reads a text of 4096", { group: "other" }, () => {
  decodeRequest(long);
});

Deno.bench("decodeRequest() reads a connect", { group: "other" }, () => {
  decodeRequest(connect);
});

Deno.bench("decodeRequest() refuses a wrong field", { group: "other" }, () => {
  decodeRequest(refused);
});
