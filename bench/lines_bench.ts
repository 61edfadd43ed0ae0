// Bytes → lines: the path of every byte from a client.

import { encode, LineFramer } from "../protocol/mod.ts";
import { readLines } from "../protocol/read_lines.ts";
import { LineSplitter } from "../server/connection/line_stream.ts";
import { TEXT } from "./text.ts";

const request = encode({ type: "message", payload: { room: "General", text: TEXT } });
const one = new TextEncoder().encode(request);
const hundred = new TextEncoder().encode(request.repeat(100));
const hundredLines = request.repeat(100);
const unended = new TextEncoder().encode(request.trimEnd());
const long = new TextEncoder().encode(
  encode({ type: "message", payload: { text: "x".repeat(4096) } }),
);

const framer = new LineFramer();

Deno.bench("LineFramer.push() takes one line", { group: "framer" }, () => {
  framer.push(one);
});

Deno.bench("LineFramer.push() takes one object without a newline", { group: "framer" }, () => {
  framer.push(unended);
});

Deno.bench("LineFramer.push() takes 100 lines", { group: "framer" }, () => {
  framer.push(hundred);
});

Deno.bench("LineFramer.push() takes a text of 4096", { group: "framer" }, () => {
  framer.push(long);
});

Deno.bench("readLines() gives 100 lines", { group: "stream" }, async () => {
  for await (const _line of readLines(source(hundred), new LineFramer(), 16_384));
});

Deno.bench("readLines() gives 100 lines, read one by one", { group: "stream" }, async () => {
  for await (const _line of readLines(source(hundred, one.length), new LineFramer()));
});

const splitter = new LineSplitter();

function split(text: string): Promise<readonly string[]> {
  return new Promise((resolve) => splitter.split(text, resolve));
}

Deno.bench("LineSplitter.split() gives one line", { group: "split" }, async () => {
  await split(request);
});

Deno.bench("LineSplitter.split() gives 100 lines", { group: "split" }, async () => {
  await split(hundredLines);
});

Deno.bench("LineSplitter.split() gives one line to each of 100", { group: "split" }, async () => {
  await Promise.all(Array.from({ length: 100 }, () => split(request)));
});

/** A peer that sends `bytes` in chunks, and ends. */
function source(
  bytes: Uint8Array,
  size = bytes.length,
): (buffer: Uint8Array) => Promise<number | null> {
  let sent = 0;
  return (buffer) => {
    const next = bytes.subarray(sent, sent + Math.min(size, buffer.length));
    buffer.set(next);
    sent += next.length;
    return Promise.resolve(next.length === 0 ? null : next.length);
  };
}
