/**
 * A person's query → terms; and terms → an expression of SQLite's FTS5 that means nothing
 * else: every term is quoted, so no operator, column name or quote of the person's ever
 * reaches the parser as one.
 */

import { fold } from "../../protocol/mod.ts";
import { type Phrase, phraseOf, tokensOf } from "./tokens.ts";

/** The terms of a query, all of which must be in a text; or the problem with it. */
export type Terms = { terms: Phrase[] } | { problem: string };

/** Terms for which every token that begins like them is looked up: the most expensive part of a search. */
const MAX_PREFIXES = 3;

/** Terms of one letter in a script that is indexed in pairs: as expensive, but few pairs begin with it. */
const MAX_LETTERS = 8;

/** The problem with a query that would keep the log busy for too long. */
export const TOO_EXPENSIVE = "takes too long: look for longer words, or in one room";

// A phrase in quotes, or a word; either may end in * for "begins with".
const TERM = /"([^"]*)"(\*?)|([^\s"]+)/gu;

/** Reads `query`: words that must all be there, in any order; `"a phrase"`; `begin*`. */
export function parseQuery(query: string): Terms {
  if (query.split('"').length % 2 === 0) return { problem: 'has a " without its pair' };
  const terms = new Map<string, Phrase>();
  const starred = new Set<string>();
  for (const [, quoted, star, word = ""] of query.matchAll(TERM)) {
    if (word === "*") return { problem: "has a * without a word before it" };
    const isPrefix = star === "*" || word.endsWith("*");
    const term = phraseOf(quoted ?? (isPrefix ? word.slice(0, -1) : word), isPrefix);
    // A word with neither letters nor digits is in no index, so it can't be searched for.
    if (term.tokens.length === 0) continue;
    const key = expressionOf(term);
    terms.set(key, term);
    if (isPrefix) starred.add(key);
  }
  const distinct = [...terms.values()];
  return problemOf(distinct, starred.size) ?? { terms: distinct };
}

function problemOf(terms: readonly Phrase[], starred: number): { problem: string } | undefined {
  if (terms.length === 0) return { problem: "has no word to look for" };
  if (starred > MAX_PREFIXES) {
    return { problem: `has more than ${MAX_PREFIXES} words that end in *` };
  }
  const letters = terms.filter(({ isPrefix }) => isPrefix).length - starred;
  if (letters <= MAX_LETTERS) return undefined;
  return { problem: `has more than ${MAX_LETTERS} single letters: leave out the spaces between` };
}

/** An FTS5 expression for `query` in what `from` said, or anyone; or what is wrong with the query. */
export function toExpression(
  query: string,
  from?: string,
): { match: string } | { problem: string } {
  const parsed = parseQuery(query);
  if ("problem" in parsed) return parsed;
  const said = `{text} : (${parsed.terms.map(expressionOf).join(" AND ")})`;
  return { match: from === undefined ? said : `${said} AND {sender} : ${senderToken(from)}` };
}

/** Tokens have letters and digits alone, so that nothing in them is special to FTS5. */
function expressionOf({ tokens, isPrefix }: Phrase): string {
  return `"${tokens.join(" ")}"${isPrefix ? "*" : ""}`;
}

/** A sender's name as the one token under which the index has it. */
export function senderToken(name: string): string {
  const bytes = new TextEncoder().encode(fold(name));
  return "s" + bytes.toHex();
}

/** Whether all of `terms` are in `text`, as the index would find them. */
export function matches(terms: readonly Phrase[], text: string): boolean {
  const tokens = tokensOf(text);
  return terms.every((term) => tokens.some((_, start) => beginsAt(tokens, start, term)));
}

function beginsAt(found: readonly string[], start: number, { tokens, isPrefix }: Phrase): boolean {
  return tokens.every((token, index) => {
    const there = found[start + index];
    const mayGoOn = isPrefix && index === tokens.length - 1;
    return there === token || mayGoOn && there !== undefined && there.startsWith(token);
  });
}
