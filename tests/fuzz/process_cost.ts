/** The cost of a process as Linux counts it in /proc. */

/** A process's memory in MiB and its processor time in seconds, so far. */
export interface Cost {
  /** Resident now, in MiB. */
  resident: number;
  /** The peak of resident memory, in MiB. */
  peak: number;
  cpu: number;
}

/** Ticks of processor time per second, on every Linux that Deno supports. */
const TICKS = 100;

/** Whether this system has these figures. */
export const canMeasure = Deno.build.os === "linux";

/** The cost of the process `pid` so far; fails if it is gone, or the system has no figures. */
export function costOf(pid: number): Cost {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const mebibytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  // The second field is the program's name in parentheses, and may contain anything.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  const cpu = (Number(fields[11]) + Number(fields[12])) / TICKS;
  return { resident: mebibytes("VmRSS"), peak: mebibytes("VmHWM"), cpu };
}
