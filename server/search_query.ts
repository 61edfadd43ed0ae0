/**
 * What a person types into a search → an expression of SQLite's FTS5 that can mean
 * nothing but what it should: every term is quoted, so no operator, column name or
 * quote of the person's ever reaches the parser as one.
 */

import { fold } from "../protocol/mod.ts";

/** An FTS5 expression, or what is wrong with the query. */
export type Expression = { match: string } | { problem: string };

// A phrase in quotes, or a word; either may end in * for "begins with".
const TERM = /"([^"]*)"(\*?)|([^\s"]+)/gu;

/**
 * Reads `query`: words that must all be there, in any order; `"a phrase"`;
 * `begin*`. `from` is a sender's name.
 */
export function toExpression(query: string, from?: string): Expression {
  if (query.split('"').length % 2 === 0) return { problem: 'has a " without its pair' };
  const terms: string[] = [];
  for (const [, phrase, star, word] of query.matchAll(TERM)) {
    const isPrefix = word === undefined ? star === "*" : word.endsWith("*");
    const content = phrase ?? (isPrefix ? word?.slice(0, -1) : word) ?? "";
    if (/[\p{L}\p{N}]/u.test(content)) terms.push(quote(content) + (isPrefix ? "*" : ""));
    else if (phrase !== undefined || word !== "*") continue;
    else return { problem: "has a * without a word before it" };
  }
  if (terms.length === 0) return { problem: "has no word to look for" };
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
