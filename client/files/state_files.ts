/** Files in the state directory: private, safely named, held by one process at a time. */

import { messageOf } from "../../cli/system_errors.ts";
import { deadline } from "../../core/session/deadline.ts";
import type { Store } from "../../core/session/store.ts";

/** Milliseconds to wait for another process that is just closing the file. */
const LOCK_TIMEOUT = 150;

/** Characters of a file name; the file systems in use allow 255 bytes. */
const LONGEST_NAME = 180;

/**
 * The path of the state file for `parts` (a server, a name…). They come from
 * people, so they are encoded into a file name of `a` to `z`, digits, `.`, `-`
 * and `_`; what would be too long is hashed.
 */
export async function statePath(
  directory: string,
  kind: string,
  parts: readonly string[],
): Promise<string> {
  const encoded = parts.map(encodePart).join("-");
  const name = encoded.length <= LONGEST_NAME ? encoded : await hash(encoded);
  return `${directory}/${kind}-${name}.jsonl`;
}

/** Lower-case letters and digits as they are, every other byte of UTF-8 as `_` and two digits. */
function encodePart(part: string): string {
  const bytes = Array.from(new TextEncoder().encode(part));
  return bytes.map((byte) => {
    const character = String.fromCharCode(byte);
    // Capitals too: some file systems don't tell "A" from "a".
    return /[a-z0-9.]/.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Makes the directory, for its owner alone. */
export function makePrivateDirectory(directory: string): void {
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/** Opens `path` and locks it; `undefined` when another process holds it. */
export async function openPrivate(path: string): Promise<StateFile | undefined> {
  // The lock is on a file of its own, because replacing the other one changes its inode.
  const lock = await Deno.open(`${path}.lock`, { create: true, write: true, mode: 0o600 });
  // The system drops the lock with the process, however that ends.
  if (!await locked(lock)) {
    lock.close();
    return undefined;
  }
  return new StateFile(path, lock);
}

async function locked(file: Deno.FsFile): Promise<boolean> {
  const held = file.lock(true).then(() => true, () => false);
  return await deadline(held, LOCK_TIMEOUT) ?? false;
}

/**
 * A file of lines that this process alone writes, at once. Nothing is synchronized to the
 * disk's platter: a killed process loses nothing, a power cut may lose the last seconds.
 */
export class StateFile implements Store {
  readonly #path: string;
  readonly #lock: Deno.FsFile;
  #file: Deno.FsFile;

  constructor(path: string, lock: Deno.FsFile) {
    this.#path = path;
    this.#lock = lock;
    this.#file = openAppend(path);
  }

  /** The whole text. */
  read(): string {
    return this.#try("read", () => Deno.readTextFileSync(this.#path));
  }

  /** Adds `text` in one write. */
  append(text: string): void {
    this.#try("write", () => writeAll(this.#file, text));
  }

  /** Replaces everything, whole or not at all. */
  replace(text: string): void {
    // Where there is no room for a second file, there is room for nothing.
    this.#try("write", () => text === "" ? this.#file.truncateSync(0) : this.#exchange(text));
  }

  /** Closes the file and drops the lock. */
  close(): void {
    this.#file.close();
    this.#lock.close();
  }

  #exchange(text: string): void {
    const fresh = `${this.#path}.new`;
    Deno.writeTextFileSync(fresh, text, { mode: 0o600 });
    // Windows replaces no open file.
    this.#file.close();
    try {
      Deno.renameSync(fresh, this.#path);
    } finally {
      this.#file = openAppend(this.#path);
    }
  }

  #try<Result>(deed: "read" | "write", act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw new Error(`Cannot ${deed} ${this.#path}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function openAppend(path: string): Deno.FsFile {
  return Deno.openSync(path, { create: true, append: true, mode: 0o600 });
}

function writeAll(file: Deno.FsFile, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
}
