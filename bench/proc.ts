/**
 * What the operating system knows of a process: `/proc`, on Linux. Elsewhere
 * everything is `undefined`, and the report leaves it out.
 */

/** Ticks of `/proc/PID/stat` in a second; the same on every Linux that is built for people. */
const TICKS = 100;

/**
 * CPU seconds that a process has used, all its threads, the kernel's work for it and those
 * that it started and saw end included.
 */
export function cpuSeconds(pid: number): number | undefined {
  // The second field is the program's name, in brackets, with anything in it.
  const fields = read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ");
  if (fields === undefined) return undefined;
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/** CPU seconds of the whole machine. */
interface MachineSeconds {
  /** What all processes together have used, or was taken from this machine. */
  processes: number;
  /** What interrupts took. Much of what loopback costs is theirs. */
  interrupts: number;
}

/** CPU seconds of the whole machine, so far. */
function machineSeconds(): MachineSeconds | undefined {
  const fields = read("/proc/stat")?.split("\n")[0]?.split(/\s+/).slice(1).map(Number);
  if (fields === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, _idle, _waiting, irq = 0, softirq = 0, stolen = 0] =
    fields;
  return {
    processes: (user + nice + system + stolen) / TICKS,
    interrupts: (irq + softirq) / TICKS,
  };
}

/** CPU seconds by which two sums may differ for being read one after the other, and in ticks. */
const TOLERANCE = 0.05;

/**
 * Whether this kernel counts an interrupt as the process's, too, that it came in the way
 * of. Without CONFIG_IRQ_TIME_ACCOUNTING it does, which shows as soon as nothing else is
 * busy: the processes known then have used more than all together.
 */
let areInterruptsCounted = false;

/** CPU seconds of those processes that are not among the `known` seconds. */
export function othersSeconds({ processes, interrupts }: MachineSeconds, known: number): number {
  const others = processes - known;
  if (others < -TOLERANCE) areInterruptsCounted = true;
  return Math.max(0, areInterruptsCounted ? others + interrupts : others);
}

/**
 * Watches what others use of the processors: everything but this process, the processes
 * that it started and that have ended, and those of `pids`. Gives what says how much that
 * was since, in CPU seconds for each second; nothing, where the system does not tell.
 */
export function watchOthers(...pids: readonly number[]): () => number {
  const known = () => [Deno.pid, ...pids].reduce((sum, pid) => sum + (cpuSeconds(pid) ?? NaN), 0);
  const begun = { moment: performance.now(), machine: machineSeconds(), known: known() };
  return () => {
    const machine = machineSeconds();
    if (machine === undefined || begun.machine === undefined) return 0;
    const used = {
      processes: machine.processes - begun.machine.processes,
      interrupts: machine.interrupts - begun.machine.interrupts,
    };
    const seconds = (performance.now() - begun.moment) / 1000;
    return othersSeconds(used, known() - begun.known) / seconds;
  };
}

/** Bytes of a process that are in memory. */
export function residentBytes(pid: number): number | undefined {
  return statusBytes(pid, "VmRSS");
}

/** Those of them that are files: the program, above all, which the system can take back and read again. */
export function fileBytes(pid: number): number | undefined {
  return statusBytes(pid, "RssFile");
}

function statusBytes(pid: number, field: string): number | undefined {
  const status = read(`/proc/${pid}/status`) ?? "";
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** The processors that this process may run on. */
export function processors(): number[] {
  const [, list = ""] = /^Cpus_allowed_list:\s+(\S+)$/m.exec(read("/proc/self/status") ?? "") ?? [];
  return list.split(",").filter((range) => range !== "").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Files that a process of ours may have open, once it has asked for as many as it can. */
export function mostFiles(): number {
  const [, most] = /^Max open files\s+\S+\s+(\d+)/m.exec(read("/proc/self/limits") ?? "") ?? [];
  return most === undefined ? Infinity : Number(most);
}

/** The kind of file system that a directory is on. */
export function fileSystemOf(directory: string): string | undefined {
  const mounts = (read("/proc/mounts") ?? "").split("\n").map((line) => line.split(" "));
  const [nearest] = mounts
    .filter(([, point = "?"]) => `${directory}/`.startsWith(point.replace(/\/?$/, "/")))
    .sort(([, one = ""], [, other = ""]) => other.length - one.length);
  return nearest?.[2];
}

/** A file's text; `undefined` where there is none. */
export function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
