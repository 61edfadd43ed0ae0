/** The grounds for trust in servers on this machine. */

import { messageOf } from "../../cli/system_errors.ts";
import { KnownServers } from "./known_servers.ts";
import { makePrivateDirectory } from "../files/state_files.ts";
import type { TrustStore } from "./trust.ts";

/** Opens the store; `ca` is a file of authorities, `directory` that of the state. */
export function openTrustStore(
  ca: string | undefined,
  directory: string | undefined,
  ask: TrustStore["ask"],
): TrustStore | { problem: string } {
  const authorities = ca === undefined ? [] : readAuthorities(ca);
  if ("problem" in authorities) return authorities;
  const isKept = directory !== undefined && isUsable(directory);
  const known = new KnownServers(isKept ? directory : undefined);
  return { authorities, known, ask };
}

function readAuthorities(file: string): string[] | { problem: string } {
  try {
    const text = Deno.readTextFileSync(file);
    if (text.includes("-----BEGIN CERTIFICATE-----")) return [text];
  } catch (error) {
    return { problem: `Cannot read the authorities in ${file}: ${messageOf(error)}` };
  }
  return { problem: `Cannot use the authorities in ${file}: there is no certificate in PEM` };
}

function isUsable(directory: string): boolean {
  try {
    makePrivateDirectory(directory);
    return true;
  } catch {
    // The outbox needs the directory too, and reports why it cannot be used.
    return false;
  }
}
