/** Standard input, line by line. */

import { TextLineStream } from "@std/streams/text-line-stream";

/** The lines of standard input; bytes that are not UTF-8 become U+FFFD. */
export function inputLines(): ReadableStream<string> {
  return Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
    new TextLineStream(),
  );
}

/** All of standard input, without the newline at its end. */
export async function inputText(): Promise<string> {
  let text = "";
  for await (const part of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) text += part;
  return text.replace(/\r?\n$/, "");
}
