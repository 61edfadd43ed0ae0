/** Standard input, line by line. */

import { TextLineStream } from "@std/streams/text-line-stream";
import { messageOf } from "../../cli/system_errors.ts";
import { Failure } from "../startup/failure.ts";

/** Bytes read at once. */
const BUFFER_SIZE = 65_536;

/** Milliseconds between two reads of a non-blocking input that has nothing now. */
const RETRY_AFTER = 20;

/**
 * Reads into `buffer`; `null` at the end. A non-blocking input, such as a terminal that another
 * program has set so, is waited for. Throws a {@linkcode Failure} where it can't be read.
 */
export async function readInput(buffer: Uint8Array): Promise<number | null> {
  for (;;) {
    try {
      return await Deno.stdin.read(buffer);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return ended(error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
  }
}

/** A terminal that was closed gives an error (EIO) in place of the end. */
function ended(error: unknown): null {
  if (Deno.stdin.isTerminal()) return null;
  throw new Failure(1, `Cannot read the input: ${messageOf(error)}`);
}

/** The lines of standard input; bytes that are not UTF-8 become U+FFFD. */
export function inputLines(): ReadableStream<string> {
  return inputParts().pipeThrough(new TextLineStream());
}

/** All of standard input, without the newline at its end. */
export async function inputText(): Promise<string> {
  let text = "";
  for await (const part of inputParts()) text += part;
  return text.replace(/\r?\n$/, "");
}

function inputParts(): ReadableStream<string> {
  const bytes = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const buffer = new Uint8Array(BUFFER_SIZE);
      const count = await readInput(buffer);
      if (count === null) controller.close();
      else controller.enqueue(buffer.subarray(0, count));
    },
  }, { highWaterMark: 0 });
  return bytes.pipeThrough(new TextDecoderStream());
}
