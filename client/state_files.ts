/** Files in the state directory: private, named by hash, held by one process at a time. */

/** Milliseconds to wait for another process that is just closing the file. */
const LOCK_PATIENCE = 150;

/**
 * The path of the state file for `parts` (a server, a name…). They come from
 * people and from the network, so only their hash becomes a file name.
 */
export async function statePath(
  directory: string,
  kind: string,
  parts: readonly string[],
): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0"));
  return `${directory}/${kind}-${hex.join("")}.jsonl`;
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
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), LOCK_PATIENCE);
  });
  const held = file.lock(true).then(() => true, () => false);
  try {
    return await Promise.race([held, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A file of lines that this process alone writes. */
export class StateFile {
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
    return Deno.readTextFileSync(this.#path);
  }

  /** Adds `text` in one write. */
  append(text: string): void {
    writeAll(this.#file, text);
  }

  /** Puts `text` in place of everything, whole or not at all. */
  replace(text: string): void {
    const fresh = `${this.#path}.new`;
    Deno.writeTextFileSync(fresh, text, { mode: 0o600 });
    this.#file.close();
    Deno.renameSync(fresh, this.#path);
    this.#file = openAppend(this.#path);
  }

  /** Closes the file and drops the lock. */
  close(): void {
    this.#file.close();
    this.#lock.close();
  }
}

function openAppend(path: string): Deno.FsFile {
  return Deno.openSync(path, { create: true, append: true, mode: 0o600 });
}

function writeAll(file: Deno.FsFile, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
}
