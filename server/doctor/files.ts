/** The doctor's look at the log's files, their disk, and the clock that dates what is in them. */

import { statfsSync } from "node:fs";
import { exists } from "../process/files.ts";
import { openToRead, walSize } from "../log/sqlite/file/read_only.ts";
import { checkSchema, isUpToDate } from "../log/sqlite/tables/schema.ts";
import { messageOf } from "../../cli/system_errors.ts";
import { type Finding, found } from "./finding.ts";

const MEGABYTE = 1_000_000;

/** Free bytes below which a disk is as good as full, and below which it soon will be. */
const DISK = { full: 50 * MEGABYTE, short: 1000 * MEGABYTE };

/** Bytes of a WAL that somebody keeps from being emptied. */
const LARGE_WAL = 256 * MEGABYTE;

/** Milliseconds of an fsync: of a slow disk, and of one that makes every message wait. */
const SYNC = { slow: 20, hopeless: 500 };

/** Syncs of which the median counts. */
const SYNCS = 9;

/** Before this version was written; no clock that is set says so. */
const PAST = Date.UTC(2026, 0);

/** The log's file: its rights, and whether this version can open it. */
export function checkFile(path: string): Finding[] {
  if (exists(`${path}-saved`)) {
    return found("fail", "log", `${path}-saved has what ${path} lacks; put it in its place`);
  }
  if (!exists(path)) return found("ok", "log", `${path} is not there yet; the server makes it`);
  const mode = (Deno.statSync(path).mode ?? 0) & 0o777;
  const isOpen = (mode & 0o077) !== 0;
  const rights: Finding[] = isOpen
    ? found("warn", "rights", `others can read ${path}; chmod 600 ${path}`)
    : found("ok", "rights", `only its owner can read ${path}`);
  return [...rights, ...checkVersion(path)];
}

function checkVersion(path: string): Finding[] {
  const database = openToRead(path);
  try {
    checkSchema(database);
    return isUpToDate(database)
      ? found("ok", "schema", `${path} is of this version`)
      : found("warn", "schema", `${path} is older; the next start migrates it, so make a backup`);
  } catch (error) {
    return found("fail", "schema", `cannot use ${path}: ${messageOf(error)}`);
  } finally {
    database.close();
  }
}

/** The WAL, which a server empties unless another program reads for a long time. */
export function checkWal(path: string): Finding[] {
  const size = exists(path) ? walSize(path) : 0;
  const shown = `${path}-wal has ${Math.ceil(size / MEGABYTE)} MB`;
  if (size < LARGE_WAL) return found("ok", "wal", shown);
  return found("warn", "wal", `${shown}; end the program that keeps ${path} open`);
}

/** The space on the log's disk. */
export function checkDisk(path: string): Finding[] {
  const { bavail, bsize } = statfsSync(existingDirectory(path));
  const free = bavail * bsize;
  const text = `${Math.floor(free / MEGABYTE)} MB are free for ${path}`;
  if (free >= DISK.short) return found("ok", "disk", text);
  return found(free < DISK.full ? "fail" : "warn", "disk", `${text}; make room`);
}

/** How long the disk takes to keep something, which each message waits for. */
export function checkSync(path: string, sync: "full" | "normal"): Finding[] {
  const directory = existingDirectory(path);
  const times = syncTimes(Deno.makeTempFileSync({ dir: directory, prefix: ".chat-doctor-" }));
  const median = times.toSorted((one, other) => one - other)[SYNCS >> 1] as number;
  const text = `the disk of ${directory} keeps something in ${median.toFixed(1)} ms`;
  if (median < SYNC.slow || sync === "normal") return found("ok", "fsync", text);
  const advice = `${text}, which each message waits for; use a faster disk`;
  return found(median < SYNC.hopeless ? "warn" : "fail", "fsync", advice);
}

function syncTimes(file: string): number[] {
  try {
    using opened = Deno.openSync(file, { write: true });
    return Array.from({ length: SYNCS }, () => {
      opened.writeSync(new Uint8Array(4096));
      const begun = performance.now();
      opened.syncDataSync();
      return performance.now() - begun;
    });
  } finally {
    Deno.removeSync(file);
  }
}

/** The clock, as far as a file of the past can prove it wrong. */
export function checkClock(path: string | undefined, now: number): Finding[] {
  const shown = new Date(now).toISOString();
  const written = path !== undefined && exists(path) ? Deno.statSync(path).mtime?.getTime() : 0;
  if (now > PAST && now >= (written ?? 0)) return found("ok", "clock", shown);
  return found("fail", "clock", `${shown} is past already; set it, and keep it set with NTP`);
}

/** The directory of the log or, where the server is still to make that, the nearest one above it. */
function existingDirectory(path: string): string {
  const directory = path.replace(/[/\\]?[^/\\]*$/, "") || (/^[/\\]/.test(path) ? "/" : ".");
  return directory === "." || exists(directory) ? directory : existingDirectory(directory);
}
