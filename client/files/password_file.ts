/** A password file: the password is its first line. */

import { messageOf } from "../../cli/system_errors.ts";

/** Bytes read of the file; the longest password has fewer. */
const MAX_BYTES = 4_096;

/** Mode bits that let others than the owner read or change the file. */
const OTHERS = 0o077;

/** Reads the password; otherwise says in one line why the file can't be used. */
export function readPassword(path: string): { password: string } | { problem: string } {
  const problem = (why: string) => ({ problem: `Cannot use the password file ${path}: ${why}` });
  try {
    using file = Deno.openSync(path);
    // The mode of the open file, because the path may name another by now. Windows has no mode.
    const { mode } = file.statSync();
    if (mode !== null && (mode & OTHERS) !== 0) {
      return problem(`others may read it; chmod 600 ${path}`);
    }
    const [password = ""] = readBeginning(file).split(/\r?\n/);
    return password === "" ? problem("its first line is empty") : { password };
  } catch (error) {
    return problem(messageOf(error));
  }
}

function readBeginning(file: Deno.FsFile): string {
  const bytes = new Uint8Array(MAX_BYTES);
  let length = 0;
  for (let count = 1; count > 0; length += count) {
    count = file.readSync(bytes.subarray(length)) ?? 0;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}
