/**
 * The end of a write-ahead log, after SQLite's documentation of the file format
 * (https://sqlite.org/fileformat2.html#walformat): where the last commit ends, and the
 * bytes that a crash in the middle of the next write leaves there.
 */

import type { Random } from "./random.ts";

/** Bytes of the file header, and of a frame header. */
const HEADER = 32;
const FRAME_HEADER = 24;

/** The magic number for checksums over big-endian words. */
const BIG_ENDIAN_MAGIC = 0x377f0683;

/** A running checksum. */
type Sum = readonly [number, number];

/** The kinds of torn tails. */
export const TAILS = ["garbage", "half a frame", "bad checksum", "no commit", "cut off"] as const;

/** One of {@linkcode TAILS}. */
export type Tail = (typeof TAILS)[number];

/**
 * Replaces everything after the last committed frame by a torn tail. Committed frames
 * keep every byte. Returns the number of committed frames.
 */
export function tearTail(path: string, tail: Tail, random: Random): number {
  const bytes = Deno.readFileSync(path);
  if (bytes.length < HEADER) return 0;
  const wal = new Wal(bytes);
  const torn = wal.torn(tail, random);
  using file = Deno.openSync(path, { write: true });
  file.truncateSync(wal.end);
  file.seekSync(wal.end, Deno.SeekMode.Start);
  for (let written = 0; written < torn.length;) written += file.writeSync(torn.subarray(written));
  return wal.frames;
}

/** The committed part of a log file. */
class Wal {
  /** The offset of the end of the last committed frame. */
  end = HEADER;
  frames = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #pageSize: number;
  readonly #isLittle: boolean;
  /** The checksum after the last committed frame, which the next one continues. */
  #sum: Sum;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#isLittle = this.#view.getUint32(0) !== BIG_ENDIAN_MAGIC;
    this.#pageSize = this.#view.getUint32(8);
    this.#sum = [this.#view.getUint32(24), this.#view.getUint32(28)];
    this.#findEnd();
  }

  /** The bytes after the committed part. */
  torn(tail: Tail, random: Random): Uint8Array<ArrayBuffer> {
    const frame = this.#nextFrame(random);
    switch (tail) {
      case "garbage":
        return random.bytes(random.between(1, 3 * frame.length));
      case "half a frame":
        return frame.slice(0, random.between(1, frame.length - 1));
      case "bad checksum":
        frame[random.between(16, 23)]! ^= 1 << random.between(0, 7);
        return frame;
      case "no commit":
        return frame;
      case "cut off":
        return new Uint8Array(0);
    }
  }

  /** Goes from frame to frame as long as salts and checksums match. */
  #findEnd(): void {
    const size = FRAME_HEADER + this.#pageSize;
    let sum = this.#sum;
    for (let at = HEADER; at + size <= this.#bytes.length; at += size) {
      sum = this.#sumOf(this.#bytes, at, sum);
      const isWhole = this.#view.getUint32(at + 8) === this.#view.getUint32(16) &&
        this.#view.getUint32(at + 12) === this.#view.getUint32(20) &&
        this.#view.getUint32(at + 16) === sum[0] && this.#view.getUint32(at + 20) === sum[1];
      if (!isWhole) return;
      const isCommit = this.#view.getUint32(at + 4) > 0;
      if (!isCommit) continue;
      [this.end, this.#sum] = [at + size, sum];
      this.frames = (this.end - HEADER) / size;
    }
  }

  /** A valid frame of a transaction that never committed, with random content. */
  #nextFrame(random: Random): Uint8Array<ArrayBuffer> {
    const frame = new Uint8Array(FRAME_HEADER + this.#pageSize);
    const view = new DataView(frame.buffer);
    view.setUint32(0, random.between(1, 20));
    view.setUint32(8, this.#view.getUint32(16));
    view.setUint32(12, this.#view.getUint32(20));
    frame.set(random.bytes(this.#pageSize), FRAME_HEADER);
    const [first, second] = this.#sumOf(frame, 0, this.#sum);
    view.setUint32(16, first);
    view.setUint32(20, second);
    return frame;
  }

  /** The checksum over a frame: the first half of its header, and its page. */
  #sumOf(bytes: Uint8Array<ArrayBuffer>, at: number, before: Sum): Sum {
    const header = this.#sumOver(bytes, [at, at + 8], before);
    const page = at + FRAME_HEADER;
    return this.#sumOver(bytes, [page, page + this.#pageSize], header);
  }

  #sumOver(bytes: Uint8Array<ArrayBuffer>, [start, end]: Sum, [first, second]: Sum): Sum {
    const view = new DataView(bytes.buffer);
    for (let at = start; at < end; at += 8) {
      first = (first + view.getUint32(at, this.#isLittle) + second) >>> 0;
      second = (second + view.getUint32(at + 4, this.#isLittle) + first) >>> 0;
    }
    return [first, second];
  }
}
