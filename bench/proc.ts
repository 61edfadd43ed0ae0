/**
 * The figures of the operating system about a process: `/proc`, on Linux. Elsewhere
 * everything is `undefined`, and the report leaves it out.
 */

/** Ticks of `/proc/PID/stat` per second, the same in every common build of Linux. */
const TICKS = 100;

/**
 * CPU seconds of a process, with all its threads, the kernel's work for it and the child
 * processes that it has waited for.
 */
export function cpuSeconds(pid: number): number | undefined {
  // The second field is the program's name in parentheses, which may contain anything.
  const fields = read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ");
  if (fields === undefined) return undefined;
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/** CPU seconds of the whole machine. */
interface MachineSeconds {
  /** The use of all processes together, and the time stolen from this machine. */
  processes: number;
  /** The time in interrupts, which hold much of the cost of loopback. */
  interrupts: number;
}

/** CPU seconds of the whole machine so far. */
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

/** CPU seconds by which two sums may differ, since they are read one after the other and in ticks. */
const TOLERANCE = 0.05;

/**
 * Whether this kernel charges interrupts to the interrupted process too. Without
 * CONFIG_IRQ_TIME_ACCOUNTING it does, which shows as soon as nothing else is busy: then
 * the known processes have used more than all together.
 */
let areInterruptsCounted = false;

/** CPU seconds of the processes that are not among the `known` seconds. */
export function othersSeconds({ processes, interrupts }: MachineSeconds, known: number): number {
  const others = processes - known;
  if (others < -TOLERANCE) areInterruptsCounted = true;
  return Math.max(0, areInterruptsCounted ? others + interrupts : others);
}

/**
 * Watches the processor use of other programs: everything but this process, its ended
 * child processes, and those of `pids`. Returns a function for the use since then, in CPU
 * seconds per second; `undefined` where the system does not tell.
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

/** The resident bytes of a process. */
export function residentBytes(pid: number): number | undefined {
  return statusBytes(pid, "VmRSS");
}

/** The part of them that is mapped files: above all the program, which the system can drop and read again. */
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

/** File descriptors that a child process may have, after raising its limit. */
export function mostFiles(): number {
  const [, most] = /^Max open files\s+\S+\s+(\d+)/m.exec(read("/proc/self/limits") ?? "") ?? [];
  return most === undefined ? Infinity : Number(most);
}

/** The type of a directory's file system. */
export function fileSystemOf(directory: string): string | undefined {
  const mounts = (read("/proc/mounts") ?? "").split("\n").map((line) => line.split(" "));
  const [nearest] = mounts
    .filter(([, point = "?"]) => `${directory}/`.startsWith(point.replace(/\/?$/, "/")))
    .sort(([, one = ""], [, other = ""]) => other.length - one.length);
  return nearest?.[2];
}

/** The text of a file; `undefined` if there is none. */
export function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
