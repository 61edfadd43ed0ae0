/** The doctor's look at what a server needs of the machine beside a disk. */

import { messageOf } from "../../cli/system_errors.ts";
import { hostAndPort } from "../../cli/host_port.ts";
import { LoopTurns } from "../connection/event_loop.ts";
import { DataFile, FileInUse } from "../log/sqlite/file/data_file.ts";
import { plainHost } from "../listeners.ts";
import { parseOpsAddress } from "../ops/ops_address.ts";
import { isTls, type ServerOptions } from "../options.ts";
import { exists, readFile } from "../process/files.ts";
import { shortageOf } from "../process/system_limits.ts";
import { DAY } from "../process/time.ts";
import { type Finding, found } from "./finding.ts";

/** Descriptors that the server needs beside its connections. */
const OWN_DESCRIPTORS = 64;

/** The most descriptors that are tried out. */
const MAX_TRIED = 100_000;

/** Days before its end from which a certificate is to be renewed. */
const RENEWAL = 14;

/** Whether there are descriptors for all connections: each takes one, three with TLS. */
export function checkDescriptors(connections: number, isTls: boolean): Finding[] {
  if (Deno.build.os === "windows") return found("ok", "files", "this system has no limit");
  const needed = Math.min(connections * (isTls ? 3 : 1) + OWN_DESCRIPTORS, MAX_TRIED);
  const there = countDescriptors(needed);
  if (there === needed) {
    return found("ok", "files", `there are ${needed} descriptors, enough for --max-connections`);
  }
  const advice = "raise ulimit -n, or LimitNOFILE=, or lower --max-connections";
  return found(
    "warn",
    "files",
    `--max-connections may need ${needed} descriptors, and ${there} are to be had; ${advice}`,
  );
}

/** How many descriptors there are left, up to `most`. */
function countDescriptors(most: number): number {
  const files: Deno.FsFile[] = [];
  try {
    while (files.length < most) files.push(Deno.openSync("/"));
  } catch (error) {
    if (shortageOf(error) === undefined) throw error;
  } finally {
    for (const file of files) file.close();
  }
  return files.length;
}

/** Whether the addresses to listen on can be had; those of a server that runs are its own. */
export function checkPorts(options: ServerOptions, path: string | undefined): Finding[] {
  if (path !== undefined && exists(path) && isInUse(path)) {
    return found("ok", "ports", `a server uses ${path} now, and the ports are its own`);
  }
  return addressesOf(options).flatMap((address) => {
    const shown = hostAndPort(address);
    try {
      Deno.listen(address).close();
      return found("ok", "port", `${shown} can be had`);
    } catch (error) {
      return found("fail", "port", `${shown} cannot be had: ${messageOf(error)}; choose another`);
    }
  });
}

function addressesOf(options: ServerOptions): { hostname: string; port: number }[] {
  const plain = plainHost(options);
  const ops = options.ops === undefined ? undefined : parseOpsAddress(options.ops);
  return [
    ...plain === undefined ? [] : [{ hostname: plain, port: options.port }],
    ...isTls(options) ? [{ hostname: options.host, port: options["tls-port"] }] : [],
    ...ops === undefined ? [] : [ops],
  ];
}

function isInUse(path: string): boolean {
  try {
    new DataFile(path)[Symbol.dispose]();
    return false;
  } catch (error) {
    if (error instanceof FileInUse) return true;
    throw error;
  }
}

/** Whether the machine can connect to itself, which the server does. */
export async function checkLoopback(): Promise<Finding[]> {
  using _turns = await LoopTurns.open();
  return found("ok", "loopback", "127.0.0.1 can be reached");
}

/** When the operator's certificate ends; the server renews its own by itself. */
export async function checkCertificate(
  file: string | undefined,
  now: number,
): Promise<Finding[]> {
  if (file === undefined) return [];
  // The code that reads certificates is loaded only where there is one.
  const { certificateIn } = await import("../tls/source.ts");
  const { until } = certificateIn(file, readFile(file));
  const days = Math.floor((until.getTime() - now) / DAY);
  const text = `${file} ends on ${until.toISOString().slice(0, 10)}`;
  if (days >= RENEWAL) return found("ok", "certificate", text);
  const advice = `${text}; renew it, and send the server SIGHUP`;
  return found(days < 0 ? "fail" : "warn", "certificate", advice);
}
