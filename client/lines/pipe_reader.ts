/**
 * Notices that the reader of standard output has closed its pipe, as `grep -m1` does after its
 * match, while there is nothing to write.
 *
 * Deno offers no `poll`. GNU `tail -f` polls its own standard output and dies by SIGPIPE when
 * the reader is gone, so one that shares ours tells. Other kinds of `tail` only exit, which says
 * nothing: there the next write notices, as it would without.
 */

/** Milliseconds before the first look: most clients in a pipe end earlier, and start no process. */
const DELAY = 1_000;

/** A watch over the pipe; disposing ends it, and with it its hold on the pipe. */
export interface ReaderWatch extends Disposable {
  /** Resolves when the reader is gone; pending for ever where that can't be known. */
  readonly gone: Promise<void>;
}

/** Watches the pipe at standard output, if it is one. */
export function untilReaderIsGone(): ReaderWatch {
  let child: Deno.ChildProcess | undefined;
  let resolveGone = () => {};
  const gone = new Promise<void>((resolve) => resolveGone = resolve);
  const timer = setTimeout(async () => {
    if (!await canWatch()) return;
    child = spawnTail();
    if ((await child?.status)?.signal === "SIGPIPE") resolveGone();
  }, DELAY);
  return {
    gone,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      if (child !== undefined) end(child);
    },
  };
}

async function canWatch(): Promise<boolean> {
  if (Deno.build.os === "windows") return false;
  const { state } = await Deno.permissions.query({ name: "run", command: "tail" });
  if (state !== "granted") return false;
  const { fstatSync } = await import("node:fs");
  return fstatSync(1).isFIFO();
}

function spawnTail(): Deno.ChildProcess | undefined {
  try {
    return new Deno.Command("tail", {
      // It holds the pipe open too, so it must not outlive this process.
      args: ["-f", `--pid=${Deno.pid}`, "/dev/null"],
      stdin: "null",
      stdout: "inherit",
      stderr: "null",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended already.
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}
