/** Files that appear whole or not at all: written under a temporary name, and renamed. */

import { createHash } from "node:crypto";
import { messageOf } from "../../../cli/system_errors.ts";
import { exists } from "../../process/files.ts";
import { CommandFailure } from "./command.ts";

/** Bytes that are read at once. */
const CHUNK = 2 ** 20;

/**
 * Has `write` fill a file that only its owner can read, and gives it the name `path`. There must
 * be nothing at `path`, unless `makeWay` takes that away, which it is called for last. Leaves
 * nothing behind when it fails, with a {@linkcode CommandFailure}.
 */
export async function writeWhole(
  path: string,
  write: (partial: string) => void | Promise<void>,
  makeWay?: () => void,
): Promise<void> {
  if (makeWay === undefined) refuseExisting(path);
  const partial = `${path}.${Deno.pid}.partial`;
  try {
    Deno.openSync(partial, { createNew: true, write: true, mode: 0o600 }).close();
    await write(partial);
    sync(partial);
    if (makeWay === undefined) refuseExisting(path);
    else makeWay();
    Deno.renameSync(partial, path);
    syncDirectoryOf(path);
  } catch (error) {
    for (const name of ["", "-journal", "-wal", "-shm"]) removeIfThere(partial + name);
    if (error instanceof CommandFailure || !(error instanceof Error)) throw error;
    throw cannotWrite(path, error);
  }
}

/** Fails where there is something at `path`. */
export function refuseExisting(path: string): void {
  if (exists(path)) {
    throw new CommandFailure(1, `${path} is there already: give another name, or move it away`);
  }
}

/** The failure to write a file. */
export function cannotWrite(path: string, error: unknown): CommandFailure {
  // SQLite's own words for a full disk name neither the disk nor the file.
  const reason = messageOf(error).replace("database or disk is full", "No space left on device");
  return new CommandFailure(1, `Cannot write ${path}: ${reason}; what was written was removed`);
}

/** The SHA-256 of a file, in hexadecimal digits. */
export function sha256(path: string): string {
  const hash = createHash("sha256");
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(CHUNK);
  for (let read; (read = file.readSync(bytes)) !== null;) hash.update(bytes.subarray(0, read));
  return hash.digest("hex");
}

function sync(path: string): void {
  using file = Deno.openSync(path, { read: true, write: true });
  file.syncSync();
}

/** A new name is on the disk when its directory is; Windows cannot open one. */
function syncDirectoryOf(path: string): void {
  if (Deno.build.os === "windows") return;
  using directory = Deno.openSync(path.replace(/[^/]*$/, "") || ".");
  directory.syncSync();
}

function removeIfThere(path: string): void {
  if (exists(path)) Deno.removeSync(path);
}
