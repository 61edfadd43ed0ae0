/**
 * What the operating system knows of a process: `/proc`, on Linux. Elsewhere
 * everything is `undefined`, and the report leaves it out.
 */

/** Ticks of `/proc/PID/stat` in a second; the same on every Linux that is built for people. */
const TICKS = 100;

/** CPU seconds that a process has used, all its threads and the kernel's work for it included. */
export function cpuSeconds(pid: number): number | undefined {
  // The second field is the program's name, in brackets, with anything in it.
  const fields = read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ");
  if (fields === undefined) return undefined;
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** CPU seconds that all processes together have used, or that were taken from this machine. */
export function machineSeconds(): number | undefined {
  const fields = read("/proc/stat")?.split("\n")[0]?.split(/\s+/).slice(1).map(Number);
  if (fields === undefined) return undefined;
  // Interrupts are left out: much of what loopback costs counts as theirs.
  const [user = 0, nice = 0, system = 0, _idle, _waiting, _irq, _softirq, stolen = 0] = fields;
  return (user + nice + system + stolen) / TICKS;
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
