/**
 * A file's status by the system: its identity, and whether it was written to.
 */

/** The parts of a file's status that tell whether it is the same, and unchanged. */
export interface Status {
  ino: number | null;
  dev: number;
  size: number;
  mtime: number | undefined;
}

/** The status of the file at a path; `undefined` where there is none. */
export function statusOf(path: string): Status | undefined {
  try {
    return partsOf(Deno.statSync(path));
  } catch (error) {
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isNone) throw error;
    return undefined;
  }
}

/** The parts of a status. Windows writes down when a file was changed some time later, which tells nothing. */
export function partsOf({ ino, dev, size, mtime }: Deno.FileInfo): Status {
  return { ino, dev, size, mtime: Deno.build.os === "windows" ? undefined : mtime?.getTime() };
}

/** Whether two are of one file, or of none. */
export function isSame(one: Status | undefined, other: Status | undefined): boolean {
  return one?.ino === other?.ino && one?.dev === other?.dev;
}

/** Whether nobody wrote to a file between two looks at it. */
export function isUnchanged(one: Status, other: Status | undefined): boolean {
  return one.size === other?.size && one.mtime === other.mtime;
}
