/** What a process costs, as its system counts it: Linux tells in /proc. */

/** A process's memory in MiB and its processor time in seconds, so far. */
export interface Cost {
  /** Resident now. */
  resident: number;
  /** The most that was ever resident. */
  peak: number;
  cpu: number;
}

/** Processor time is counted in hundredths, on every Linux that Deno runs on. */
const TICKS = 100;

/** Whether this system tells. */
export const canMeasure = Deno.build.os === "linux";

/** What the process of that number has cost; fails when it is gone, or nobody can tell. */
export function costOf(pid: number): Cost {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const mebibytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  // The second field is the program's name in parentheses, and may hold anything.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  const cpu = (Number(fields[11]) + Number(fields[12])) / TICKS;
  return { resident: mebibytes("VmRSS"), peak: mebibytes("VmHWM"), cpu };
}
