/**
 * The first bytes of SQLite's wal-index, the `-shm` file: which part of the WAL counts,
 * and how much of it is in the database already. See "WAL-mode File Format" at sqlite.org.
 */

/** Bytes of the header, which is there twice, and of what checkpoints note behind it. */
const HEADER = 48;
const SIZE = 2 * HEADER + 40;

/** Bytes of the WAL's header, and of the header of each of its frames. */
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/** The fields of a wal-index. */
export interface WalIndex {
  /** Changes with every transaction. */
  change: number;
  /** The last frame that counts; frames are counted from 1. */
  lastFrame: number;
  /** Frames that are in the database, and frames that a checkpoint has begun to put there. */
  backfilled: number;
  attempted: number;
  /** Bytes of a page. */
  pageSize: number;
  /** How often the WAL was begun anew, from a random number; and a random number for each time. */
  generation: number;
  salt: number;
  /** The checksum of all frames up to the last, which stands in its header. */
  checksum: readonly [number, number];
}

/** Reads the wal-index; `undefined` while it is being changed, or where there is none. */
export function readWalIndex(file: Deno.FsFile): WalIndex | undefined {
  const bytes = new Uint8Array(SIZE);
  file.seekSync(0, Deno.SeekMode.Start);
  if (file.readSync(bytes) !== SIZE) return undefined;
  for (let at = 0; at < HEADER; at++) if (bytes[at] !== bytes[at + HEADER]) return undefined;
  const view = new DataView(bytes.buffer);
  // In the machine's own order, but for the salts. Deno runs on little-endian machines alone.
  const word = (at: number) => view.getUint32(at, true);
  const pageSize = view.getUint16(14, true);
  return {
    change: word(8),
    lastFrame: word(16),
    backfilled: word(96),
    attempted: word(128),
    pageSize: pageSize === 1 ? 65_536 : pageSize,
    generation: view.getUint32(32),
    salt: view.getUint32(36),
    checksum: [word(24), word(28)],
  };
}

/** Makes SQLite set up the wal-index anew, from the WAL. */
export function voidWalIndex(file: Deno.FsFile): void {
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(2 * HEADER));
}

/** Whether `now` is what SQLite can have made of `before`: it never goes back. */
export function isSuccessor(now: WalIndex, before: WalIndex): boolean {
  if (before.lastFrame === 0 && before.generation === 0) return true;
  const age = (now.generation - before.generation) | 0;
  if (age !== 0 || now.salt !== before.salt) return age > 0;
  return now.lastFrame >= before.lastFrame && now.backfilled >= before.backfilled;
}

/** Whether nothing has happened between the two. */
export function isEqual(one: WalIndex | undefined, other: WalIndex | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.change === other.change && !isCheckpointed(one, other);
}

/** Whether a checkpoint was at work between the two, or is. */
export function isCheckpointed(now: WalIndex, before: WalIndex): boolean {
  return now.generation !== before.generation || now.salt !== before.salt ||
    now.backfilled !== before.backfilled || now.attempted !== before.attempted ||
    now.attempted !== now.backfilled;
}

/** Whether the WAL at `path` holds the frames that the wal-index counts, by its salts and its last checksum. */
export function holdsFrames(path: string, index: WalIndex): boolean {
  const { lastFrame, pageSize, generation, salt, checksum } = index;
  if (lastFrame === 0) return true;
  using wal = Deno.openSync(path);
  const last = WAL_HEADER + (lastFrame - 1) * (pageSize + FRAME_HEADER);
  // A frame's page counts as much as its header: that the file reaches behind it is to be seen.
  if (wal.statSync().size < last + FRAME_HEADER + pageSize) return false;
  const salts = wordsAt(wal, 16);
  const sums = wordsAt(wal, last + 16);
  return salts[0] === generation && salts[1] === salt &&
    sums[0] === checksum[0] && sums[1] === checksum[1];
}

/** The pages in the frames of the WAL at `path` up to the frame `last`: at most `count`, the latest first. */
export function pagesOf(
  path: string,
  last: number,
  { pageSize }: WalIndex,
  count: number,
): number[] {
  const pages = new Set<number>();
  using wal = Deno.openSync(path);
  for (let frame = last; frame > Math.max(0, last - count); frame--) {
    pages.add(wordsAt(wal, WAL_HEADER + (frame - 1) * (pageSize + FRAME_HEADER))[0]);
  }
  // Where the WAL is shorter than it was said to be, zeros are read.
  return [...pages].filter((page) => page > 0);
}

function wordsAt(file: Deno.FsFile, offset: number): [number, number] {
  const bytes = new Uint8Array(8);
  file.seekSync(offset, Deno.SeekMode.Start);
  file.readSync(bytes);
  const view = new DataView(bytes.buffer);
  return [view.getUint32(0), view.getUint32(4)];
}
