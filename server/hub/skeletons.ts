/**
 * How a name looks: names that a reader would take for each other have a look in
 * common. After Unicode's UTS #39: characters that look like others are replaced
 * by those, and what comes out is the name's skeleton. Pure.
 */

import { fold } from "../../protocol/mod.ts";
import confusables from "./confusables.json" with { type: "json" };

/** The shape of each character that looks like another; see tools/confusables.ts. */
let shapes: ReadonlyMap<string, string> | undefined;

/** Characters of names, as they look: UTS #39's skeleton. */
export function skeleton(name: string): string {
  // Read when the first name is looked at: it would make a tenth of the server's start.
  shapes ??= new Map(readTable(confusables.rows.join("")));
  let seen = "";
  for (const character of name.normalize("NFD")) seen += shapes.get(character) ?? character;
  return seen.normalize("NFD");
}

/**
 * The looks of a name: of the name as it is written, where a capital I passes for an l,
 * and of its fold, since a name that is written in another case is the same. Two names
 * look alike when they have a look in common.
 */
export function skeletonsOf(name: string): readonly string[] {
  const folded = fold(name);
  const skeletons = [skeleton(folded).toLowerCase()];
  if (folded === name) return skeletons;
  const written = skeleton(name).toLowerCase();
  return skeletons.includes(written) ? skeletons : [written, ...skeletons];
}

function* readTable(table: string): Iterable<[character: string, shape: string]> {
  for (const group of table.split(";")) {
    const [codes = "", steps = ""] = group.split(":");
    const shape = String.fromCodePoint(...codes.split(".").map(fromBase36));
    let code = 0;
    for (const step of steps.split(",")) {
      code += fromBase36(step);
      yield [String.fromCodePoint(code), shape];
    }
  }
}

function fromBase36(digits: string): number {
  return parseInt(digits, 36);
}
