/**
 * Complete writes to streams that another program may have made non-blocking, as terminals are
 * that several programs share: EAGAIN is waited out.
 *
 * Behind `Deno.stdout` is Rust's `LineWriter`: lines go to the system at once, and up to 1,023
 * bytes without a newline are kept and flushed. When EAGAIN comes back, Deno does not say which part was
 * taken. So standard output is written in chunks of which EAGAIN takes nothing or all:
 *
 * - up to 4,096 bytes that end in a newline, which a pipe takes whole or not at all (POSIX,
 *   PIPE_BUF); to a terminal, which takes any part, a newline alone;
 * - 1,024 bytes or more without a newline, which the writer does not keep;
 * - fewer without a newline, which it keeps: then only the flush has to be repeated.
 */

/** Bytes that a pipe takes whole or not at all, on every system that Deno runs on but macOS (512). */
const MAX_CHUNK = Deno.build.os === "linux" ? 4_096 : 512;

/** Bytes without a newline from which the `LineWriter` keeps none. */
const UNKEPT_SIZE = 1_024;

/** Milliseconds between two attempts. */
const RETRY_AFTER = 20;

const NEWLINE = 0x0a;

/** A stream's writing part. */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of `bytes` to a stream without a buffer, such as standard error. */
export async function writeUnbuffered(sink: Sink, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const part = rest;
    rest = rest.subarray(await whenReady(() => sink.write(part)));
  }
}

/** Writes all of `bytes` to standard output. */
export async function writeLineBuffered(
  sink: Sink & { isTerminal(): boolean },
  bytes: Uint8Array,
): Promise<void> {
  const next = sink.isTerminal() ? terminalChunk : pipeChunk;
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await writeChunk(sink, rest.subarray(0, next(rest))));
  }
}

/** Writes a chunk; returns how many bytes of it were taken. */
async function writeChunk(sink: Sink, chunk: Uint8Array): Promise<number> {
  if (chunk.at(-1) === NEWLINE || chunk.length >= UNKEPT_SIZE) {
    return await whenReady(() => sink.write(chunk));
  }
  let left = chunk;
  await whenReady(() => {
    const writing = sink.write(left);
    left = chunk.subarray(0, 0);
    return writing;
  });
  return chunk.length;
}

function pipeChunk(bytes: Uint8Array): number {
  const end = bytes.subarray(0, MAX_CHUNK).lastIndexOf(NEWLINE) + 1;
  if (end > 0) return end;
  // Up to the newline, or all: there is none before MAX_CHUNK.
  const newline = bytes.indexOf(NEWLINE);
  return newline < 0 ? bytes.length : newline;
}

function terminalChunk(bytes: Uint8Array): number {
  const newline = bytes.indexOf(NEWLINE);
  if (newline < 0) return bytes.length;
  return newline === 0 ? 1 : newline;
}

/** Calls `write` until it does not fail with EAGAIN. */
async function whenReady(write: () => Promise<number>): Promise<number> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
  }
}
