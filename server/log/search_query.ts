/**
 * What a person types into a search → terms; and terms → an expression of SQLite's
 * FTS5 that can mean nothing but what it should: every term is quoted, so no
 * operator, column name or quote of the person's ever reaches the parser as one.
 */

import { fold } from "../../protocol/mod.ts";

/** One thing that must be in a text: words that follow each other. */
export interface Term {
  phrase: string;
  /** Whether the last word may go on. */
  isPrefix: boolean;
}

/** What a query looks for, or what is wrong with it. */
export type Terms = { terms: Term[] } | { problem: string };

/** Terms of which all words that begin so are looked up: the dearest part of a search. */
const MAX_PREFIXES = 3;

/** What is wrong with a query that would keep the log busy for too long. */
export const TOO_EXPENSIVE = "takes too long: look for longer words, or in one room";

// A phrase in quotes, or a word; either may end in * for "begins with".
const TERM = /"([^"]*)"(\*?)|([^\s"]+)/gu;

/** Reads `query`: words that must all be there, in any order; `"a phrase"`; `begin*`. */
export function parseQuery(query: string): Terms {
  if (query.split('"').length % 2 === 0) return { problem: 'has a " without its pair' };
  const terms = new Map<string, Term>();
  for (const [, quoted, star, word = ""] of query.matchAll(TERM)) {
    if (word === "*") return { problem: "has a * without a word before it" };
    const isPrefix = star === "*" || word.endsWith("*");
    const phrase = quoted ?? (isPrefix ? word.slice(0, -1) : word);
    // What has neither letters nor digits is in no index: it can't be looked for.
    if (/[\p{L}\p{N}]/u.test(phrase)) terms.set(`${isPrefix} ${phrase}`, { phrase, isPrefix });
  }
  const distinct = [...terms.values()];
  if (distinct.filter(({ isPrefix }) => isPrefix).length > MAX_PREFIXES) {
    return { problem: `has more than ${MAX_PREFIXES} words that end in *` };
  }
  return distinct.length === 0 ? { problem: "has no word to look for" } : { terms: distinct };
}

/** An FTS5 expression for `query` in what `from` said, or anyone; or what is wrong with the query. */
export function toExpression(
  query: string,
  from?: string,
): { match: string } | { problem: string } {
  const parsed = parseQuery(query);
  if ("problem" in parsed) return parsed;
  const terms = parsed.terms.map(({ phrase, isPrefix }) => quote(phrase) + (isPrefix ? "*" : ""));
  const said = `{text} : (${terms.join(" AND ")})`;
  return { match: from === undefined ? said : `${said} AND {sender} : ${senderToken(from)}` };
}

/** A sender's name as the one token under which the index has it. */
export function senderToken(name: string): string {
  const bytes = new TextEncoder().encode(fold(name));
  return "s" + bytes.toHex();
}

/** A string of FTS5: only a quote is special in it. A NUL would end the expression. */
function quote(content: string): string {
  return `"${content.replaceAll("\0", " ").replaceAll('"', '""')}"`;
}

/** Whether all of `terms` are in `text`, as the index would find them. */
export function matches(terms: readonly Term[], text: string): boolean {
  const words = wordsOf(text);
  return terms.every((term) => {
    const wanted = wordsOf(term.phrase);
    return words.some((_, start) => beginsAt(words, start, wanted, term));
  });
}

function beginsAt(
  words: readonly string[],
  start: number,
  wanted: readonly string[],
  { isPrefix }: Term,
): boolean {
  return wanted.every((word, index) => {
    const found = words[start + index];
    const mayGoOn = isPrefix && index === wanted.length - 1;
    return found === word || mayGoOn && found !== undefined && found.startsWith(word);
  });
}

/** The words of a text as FTS5's unicode61 tokenizer cuts them: no case, no accents. */
function wordsOf(text: string): string[] {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.match(/[\p{L}\p{N}\p{Co}]+/gu) ?? [];
}
