/** A password file: the password is its first line. */

import { messageOf } from "../../cli/system_errors.ts";

/** Bytes read of the file; the longest password has fewer. */
const MAX_BYTES = 4_096;

/** Mode bits that let others than the owner read or change the file. */
const NOT_OWNER = 0o077;

/** Mode bits that let anyone read or change it. */
const ANYONE = 0o007;

/** A password, and a warning where anyone can read it and its mode can't be changed. */
export interface ReadPassword {
  readonly password: string;
  readonly warning?: string;
}

/**
 * Reads the password; otherwise says in one line why the file can't be used. A mode that this
 * user cannot change, as of what containers and systemd mount, is no reason.
 */
export function readPassword(path: string): ReadPassword | { problem: string } {
  const problem = (why: string) => ({ problem: `Cannot use the password file ${path}: ${why}` });
  try {
    using file = Deno.openSync(path);
    // The mode of the open file, because the path may name another by now. Windows has no mode.
    const { mode } = file.statSync();
    const isExposed = mode !== null && (mode & NOT_OWNER) !== 0;
    if (isExposed && canChangeMode(path, mode)) {
      return problem(`others may read it; chmod 600 ${path}`);
    }
    const [password = ""] = readBeginning(file).split(/\r?\n/);
    if (password === "") return problem("its first line is empty");
    const isPublic = mode !== null && (mode & ANYONE) !== 0;
    return { password, ...isPublic ? { warning: warningOf(path) } : {} };
  } catch (error) {
    return problem(messageOf(error));
  }
}

/** Whether the advice could be followed: not on a read-only mount, and not with another's file. */
function canChangeMode(path: string, mode: number): boolean {
  try {
    Deno.chmodSync(path, mode & 0o7777);
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}

function warningOf(path: string): string {
  return `Anyone on this machine can read the password file ${path}; mount it with mode 0400 or 0440`;
}

function readBeginning(file: Deno.FsFile): string {
  const bytes = new Uint8Array(MAX_BYTES);
  let length = 0;
  for (let count = 1; count > 0; length += count) {
    count = file.readSync(bytes.subarray(length)) ?? 0;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}
