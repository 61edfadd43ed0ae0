/**
 * The machine of the measurements, without which figures mean nothing.
 */

import { FILES_NEEDED, placement } from "./child.ts";
import { fileSystemOf, mostFiles, processors, read } from "./proc.ts";
import type { Lab } from "./lab.ts";
import { CHAT_IN_MEMORY } from "./subjects.ts";
import { openWire } from "./wire.ts";

/** The lines of the report about the machine and the software on it. */
export function describeMachine(lab: Lab): string[] {
  const [, model = "unknown processor"] = /^model name\s*:\s*(.+)$/m.exec(
    read("/proc/cpuinfo") ?? "",
  ) ?? [];
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const { server, load } = placement();
  const places = server === undefined
    ? "server and load wherever the system put them: there is no taskset, or one processor"
    : `server on processor ${server}, load on processor ${load}`;
  return [
    `Machine: ${navigator.hardwareConcurrency} × ${model}, ${memory} GB, ` +
    `${Deno.build.os} ${Deno.osRelease()}; the log on ${fileSystemOf(lab.directory) ?? "a disk"}`,
    `Placement: ${places}; the load sends and reads with ${wireName(lab.signal)}`,
    `chat-server: ${CHAT_IN_MEMORY.version} (V8 ${Deno.version.v8})`,
    ...lab.peers.map(({ name, version }) => `${name}: ${version}`),
    ...lab.missing.map(({ name, advice }) => `missing: ${name}; to have it: ${advice}`),
  ];
}

/** Obstacles to good figures; empty if there are none. */
export function warnings(): string[] {
  const [load = 0] = Deno.loadavg();
  const warnings: string[] = [];
  if (load > 3) warnings.push(`the machine was busy with something else (load ${load.toFixed(1)})`);
  if (processors().length === 0) {
    warnings.push("this system has no /proc: nothing on CPU time and memory");
  }
  if (placement().server === undefined) warnings.push("server and load may share a processor");
  const files = mostFiles();
  if (files < FILES_NEEDED) {
    warnings.push(
      `a process may open ${files} files: the row "idle" needs ${FILES_NEEDED} (ulimit -n)`,
    );
  }
  return warnings;
}

function wireName(signal: AbortSignal): string {
  using wire = openWire(signal);
  return wire.name;
}
