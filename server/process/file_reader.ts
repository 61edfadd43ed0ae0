/** Reads an operator's files again and again: a running server can open no file itself. */

import type { Reading } from "./files.ts";
import { onlyReading } from "./permissions.ts";

/** Reads some files, through a worker that may do nothing else. */
export class FileReader implements Disposable {
  readonly #worker: Worker;
  readonly #requests: ((reading: Reading) => void)[] = [];

  /** To be made, and to have read a file, before the server drops its access to files. */
  constructor(files: readonly string[]) {
    this.#worker = new Worker(new URL("./file_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: onlyReading(files) },
    });
    // Answers come in the order of the requests.
    this.#worker.onmessage = ({ data }: MessageEvent<Reading>) => this.#requests.shift()?.(data);
  }

  /** Reads one of the files as it is now. */
  read(path: string): Promise<Reading> {
    const { promise, resolve } = Promise.withResolvers<Reading>();
    this.#requests.push(resolve);
    this.#worker.postMessage(path);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
