/**
 * Skeletons of names, after Unicode's UTS #39: each character that looks like another is replaced
 * by that. Names that a reader would take for each other share a skeleton. Pure.
 */

import { fold } from "../../../protocol/mod.ts";
import confusables from "./confusables.json" with { type: "json" };

/** The prototype of each character that looks like another; see tools/confusables.ts. */
let prototypes: ReadonlyMap<string, string> | undefined;

/** The skeleton of a name: its characters by their prototypes. */
export function skeleton(name: string): string {
  // Parsed for the first name: at the start it would be a tenth of the time.
  prototypes ??= new Map(readTable(confusables.rows.join("")));
  let shapes = "";
  for (const character of name.normalize("NFD")) shapes += prototypes.get(character) ?? character;
  return shapes.normalize("NFD");
}

/**
 * The skeletons of a name: of the name as it is written, where a capital I passes for an l, and
 * of its fold, since a name in another case is the same name. Two names look alike when they
 * share a skeleton.
 */
export function skeletonsOf(name: string): readonly string[] {
  const folded = fold(name);
  const skeletons = [skeleton(folded).toLowerCase()];
  if (folded === name) return skeletons;
  const written = skeleton(name).toLowerCase();
  return skeletons.includes(written) ? skeletons : [written, ...skeletons];
}

function* readTable(table: string): Iterable<[character: string, prototype: string]> {
  for (const group of table.split(";")) {
    const [codes = "", steps = ""] = group.split(":");
    const prototype = String.fromCodePoint(...codes.split(".").map(fromBase36));
    let code = 0;
    for (const step of steps.split(",")) {
      code += fromBase36(step);
      yield [String.fromCodePoint(code), prototype];
    }
  }
}

function fromBase36(digits: string): number {
  return parseInt(digits, 36);
}
