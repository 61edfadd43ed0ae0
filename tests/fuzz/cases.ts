/**
 * Inputs that once broke something, in cases.jsonl: a line each, with what they broke
 * and what the peer did. A script that breaks something is added there when it is mended.
 */

import type { Scripts } from "./run.ts";
import { readScript, type Script } from "./script.ts";

/** Something that once broke the server. */
export interface Case {
  broke: string;
  script: Script;
}

/** Where they are kept. */
export const CASES = new URL("cases.jsonl", import.meta.url);

/** The cases in a file of them. */
export function readCases(path: string | URL): Case[] {
  const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const { broke, script } = JSON.parse(line);
    return { broke, script: readScript(script) };
  });
}

/** Each of `cases`, once. */
export function scriptsOfCases(cases: readonly Case[]): Scripts {
  const left = cases.map(({ broke, script }) => ({ level: "given" as const, name: broke, script }));
  return () => left.shift();
}
