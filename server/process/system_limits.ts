/** Limits that the system sets to a process, and how the server lives with them. */

/** Descriptors that are kept free for the log and for TLS when connections use up all others. */
const RESERVED_DESCRIPTORS = 32;

/**
 * Makes a write beyond the limit on the size of files (`ulimit -f`) fail, which the log answers
 * with `log_failed`. By default the system ends the process with SIGXFSZ.
 */
export function surviveFileSizeLimit(): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGXFSZ", () => {});
}

/** A shortage of descriptors, of this process alone or of the whole system, and what to do. */
export interface Shortage {
  isOwn: boolean;
  advice: string;
}

/** The shortage that `error` stands for, if it stands for one (EMFILE, ENFILE). */
export function shortageOf(error: unknown): Shortage | undefined {
  const [, number] = /\(os error (23|24)\)/.exec(error instanceof Error ? error.message : "") ?? [];
  if (number === "24") {
    return { isOwn: true, advice: "raise the limit on open files: ulimit -n, or LimitNOFILE=" };
  }
  return number === "23" ? { isOwn: false, advice: "raise fs.file-max" } : undefined;
}

/**
 * Open files that stand for the descriptors that the log and TLS may need. A running server may
 * open nothing itself, so they are opened at the start; it closes them when there are no others.
 */
export class DescriptorReserve implements Disposable {
  readonly #files: Deno.FsFile[] = [];

  constructor() {
    // Windows has no such limit, and no file to open that is always there.
    if (Deno.build.os === "windows") return;
    try {
      for (let count = 0; count < RESERVED_DESCRIPTORS; count++) {
        this.#files.push(Deno.openSync("/"));
      }
    } catch (error) {
      // A server that may not read "/", or has no descriptor left, starts with a smaller reserve.
      if (!(error instanceof Error)) throw error;
    }
  }

  /** Frees the descriptors; returns their number, 0 from the second call on. */
  release(): number {
    const files = this.#files.splice(0);
    for (const file of files) file.close();
    return files.length;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
