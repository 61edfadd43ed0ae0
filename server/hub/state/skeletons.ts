/**
 * Skeletons of names, after Unicode's UTS #39: each character that looks like another is replaced
 * by that. Two names look alike when they share a skeleton, unless they are ordinary names of one
 * script that differ in letters which its readers tell apart, as Ian and Lan do. Pure.
 */

import { fold } from "../../../protocol/mod.ts";
import confusables from "./confusables.json" with { type: "json" };

/** The prototype of each character that looks like another; see tools/confusables.ts. */
let prototypes: ReadonlyMap<string, string> | undefined;

/** Unicode has the small palochka look like an i; in most fonts it is an l, as its capital is. */
const MORE_PROTOTYPES = [["\u04CF", "l"]] as const;

/** The skeleton of a name: its characters by their prototypes, without those that can't be seen. */
export function skeleton(name: string): string {
  return shapesOf(name).join("").normalize("NFD");
}

function shapesOf(name: string): string[] {
  // Parsed for the first name: at the start it would be a tenth of the time.
  prototypes ??= new Map([...readTable(confusables.rows.join("")), ...MORE_PROTOTYPES]);
  const seen = name.normalize("NFD").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return [...seen].map((character) => prototypes?.get(character) ?? character);
}

/**
 * The skeletons of a name: of the name as it is written, where a capital I passes for an l, and
 * of its fold, since a name in another case is the same name.
 */
export function skeletonsOf(name: string): readonly string[] {
  const folded = fold(name);
  const skeletons = [skeleton(folded).toLowerCase()];
  if (folded === name) return skeletons;
  const written = skeleton(name).toLowerCase();
  return skeletons.includes(written) ? skeletons : [written, ...skeletons];
}

/** Whether a reader would take one name for the other. */
export function lookAlike(one: string, other: string): boolean {
  if (fold(one) === fold(other)) return true;
  const skeletons = skeletonsOf(one);
  return skeletonsOf(other).some((skeleton) => skeletons.includes(skeleton)) &&
    !areToldApart(one, other);
}

/**
 * By script, the letters that share a prototype with another and yet are told apart by the script's
 * readers. Letters that only look like these, such as "Ɩ", are not among them, nor digits.
 */
const TOLD_APART: readonly [script: RegExp, letters: string][] = [
  [/^[\p{scx=Latin}\p{scx=Common}\p{scx=Inherited}]+$/u, "IlLm"],
  [/^[\p{scx=Greek}\p{scx=Common}\p{scx=Inherited}]+$/u, "οσΥγ"],
  [/^[\p{scx=Hebrew}\p{scx=Common}\p{scx=Inherited}]+$/u, "ון"],
  [/^[\p{scx=Armenian}\p{scx=Common}\p{scx=Inherited}]+$/u, "գզոռ"],
  [/^[\p{scx=Arabic}\p{scx=Common}\p{scx=Inherited}]+$/u, "ثپںےٹڻ"],
  [/^[\p{scx=Thai}\p{scx=Common}\p{scx=Inherited}]+$/u, "ขคดตฆมชซฎฏฑทภฦ"],
  [/^[\p{scx=Tamil}\p{scx=Common}\p{scx=Inherited}]+$/u, "ஈரஐஜ"],
  [/^[\p{scx=Malayalam}\p{scx=Common}\p{scx=Inherited}]+$/u, "ഌങഞൡരറ"],
  [/^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Common}\p{scx=Inherited}]+$/u, "土士"],
];

/** A capital I or small l where no word has one, as in "AIice", "PauI", "ALlCE": it is there to deceive. */
const ODD_CASE =
  /\p{Ll}\p{M}*I|\p{Lu}\p{M}*I\p{M}*\p{Ll}|\p{Lu}\p{M}*\p{Lu}\p{M}*l|l\p{M}*\p{Lu}\p{M}*\p{Lu}/u;

/** Whether a reader tells two names apart that share a skeleton. */
export function areToldApart(one: string, other: string): boolean {
  if (ODD_CASE.test(one) || ODD_CASE.test(other)) return false;
  return TOLD_APART.some(([script, letters]) =>
    script.test(one) && script.test(other) && !mayBeReadAlike(one, other, letters)
  );
}

/** Whether two names, in whatever case, may be read alike by readers who tell `letters` apart. */
function mayBeReadAlike(one: string, other: string, letters: string): boolean {
  const [ours, theirs] = [one, other].map((name) =>
    [...new Set([name, fold(name)])].map((form) => glyphsOf(form, letters))
  ) as [Glyph[][], Glyph[][]];
  return ours.some((glyphs) => theirs.some((others) => areReadAlike(glyphs, others)));
}

/** A character as it may be read: by its shape and, where that is told apart from others of the shape, its letter. */
interface Glyph {
  shape: string;
  letter?: string;
}

function areReadAlike(ours: readonly Glyph[], theirs: readonly Glyph[]): boolean {
  return ours.length === theirs.length && ours.every((glyph, index) => {
    const { shape, letter } = theirs[index] as Glyph;
    const isEither = glyph.letter === undefined || letter === undefined;
    return glyph.shape === shape && (isEither || glyph.letter === letter);
  });
}

function glyphsOf(name: string, letters: string): Glyph[] {
  return [...name.normalize("NFD")].flatMap((character): Glyph[] => {
    const [shape = "", ...more] = shapesOf(character).join("").toLowerCase();
    if (!letters.includes(character)) return [shape, ...more].map((shape) => ({ shape }));
    const letter = character.toLowerCase();
    return [{ shape: more.length === 0 ? shape : letter, letter }];
  });
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
