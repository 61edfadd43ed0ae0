/**
 * Inputs that once broke something, in cases.jsonl: one line each, with the defect and
 * the peer's script. A script that finds a defect is added there with the fix.
 */

import type { Scripts } from "./run.ts";
import { readScript, type Script } from "./script.ts";

/** An input that once broke the server. */
export interface Case {
  broke: string;
  script: Script;
}

/** The file of the cases. */
export const CASES = new URL("cases.jsonl", import.meta.url);

/** The cases in a file. */
export function readCases(path: string | URL): Case[] {
  const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const { broke, script } = JSON.parse(line);
    return { broke, script: readScript(script) };
  });
}

/** The scripts of `cases`, once each. */
export function scriptsOfCases(cases: readonly Case[]): Scripts {
  const left = cases.map(({ broke, script }) => ({ level: "given" as const, name: broke, script }));
  return () => left.shift();
}
