/**
 * The lines of a socket: the framer bounds them, and `TextLineStream` passes them on one by one.
 * Apart from `mod.ts`, so that a page, which is sent whole messages, need not bundle the streams.
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import type { LineFramer } from "./lines.ts";

/** Fills a buffer; resolves to the number of bytes read, or `null` at the end (as `Deno.Conn.read`). */
export type Read = (buffer: Uint8Array) => Promise<number | null>;

/**
 * The lines that a peer sends. The stream ends with the peer's bytes, or where the
 * framing breaks: `framer.problem` then says how. Fails as `read` fails.
 *
 * `bufferSize` is the memory, in bytes, that an idle connection costs here.
 */
export function readLines(
  read: Read,
  framer: LineFramer,
  bufferSize = 4096,
): ReadableStream<string> {
  // One small buffer for good: `conn.readable` would allocate 64 KiB per pull.
  const buffer = new Uint8Array(bufferSize);
  return new ReadableStream<string>({
    async pull(controller) {
      for (;;) {
        const count = await read(buffer);
        const lines = count === null ? framer.end() : framer.push(buffer.subarray(0, count));
        if (lines !== "") controller.enqueue(lines);
        if (count === null || framer.problem !== undefined) {
          return controller.close();
        }
        if (lines !== "") return;
      }
    },
  }, { highWaterMark: 0 }).pipeThrough(new TextLineStream());
}
