import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { senderToken, toExpression } from "../../../server/log/search_query.ts";
import { tokensOf } from "../../../server/log/tokens.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Fragments with a meaning in FTS5, in SQL or on a terminal, among words. */
const PIECES = [
  ..."alpha beta gamma delta al be a b 1 12".split(" "),
  ..."AND OR NOT NEAR NEAR(alpha text: sender: {text} text:alpha -alpha alpha- ^alpha".split(" "),
  ..."alpha*beta * ** + a+b ( ) (alpha beta) [ ] { } : , . ; ' '' -- /* */ % _ \\ \\\" = | & ! ?"
    .split(" ").filter((piece) => !piece.includes('"')),
  "'; DROP TABLE docs; --",
  "sender:" + senderToken("Alice"),
  senderToken("Alice"),
  "\0",
  "alpha\0beta",
  "😀",
  "al😀pha",
  "\u0301",
  "\u202e",
];

const DOCUMENTS = [
  "alpha beta gamma",
  "beta alpha",
  "alphabet soup",
  "al be a b 1 12",
  "alpha AND beta OR NOT near",
  "text sender alpha",
  "drop table docs",
  "delta",
  "a b a",
  "",
];

/** The documents in an index like the log's; all are Alice's. */
function indexed(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  database.exec(`CREATE VIRTUAL TABLE docs USING fts5 (
    text, sender, content='', contentless_delete=1, tokenize='ascii')`);
  const insert = database.prepare("INSERT INTO docs (rowid, text, sender) VALUES (?, ?, ?)");
  DOCUMENTS.forEach((text, index) => {
    insert.run(index, tokensOf(text).join(" "), senderToken("Alice"));
  });
  return database;
}

function matches(database: DatabaseSync, expression: ReturnType<typeof toExpression>): number[] {
  if ("problem" in expression) return [];
  return database.prepare("SELECT rowid FROM docs WHERE docs MATCH ? ORDER BY rowid")
    .all(expression.match).map(({ rowid }) => rowid as number);
}

/** Numbers from 0 up to `below`, the same ones for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** Whether `document` has the words of a phrase one after the other; the last one may go on. */
function hasPhrase(document: string, phrase: string[], isPrefix: boolean): boolean {
  const all = words(document);
  return all.some((_, start) =>
    phrase.every((word, index) => {
      const found = all[start + index];
      const isLast = index === phrase.length - 1;
      return isPrefix && isLast ? found?.startsWith(word) : found === word;
    })
  );
}

Deno.test("toExpression() quotes words, phrases and beginnings", PURE, () => {
  const expressions: [string, string][] = [
    ["one", '{text} : ("one")'],
    ["one  two", '{text} : ("one" AND "two")'],
    ['"one two" three', '{text} : ("one two" AND "three")'],
    ["on* two", '{text} : ("on"* AND "two")'],
    ['"one tw"*', '{text} : ("one tw"*)'],
    ['a"b c"d', '{text} : ("a" AND "b c" AND "d")'],
    ["one - two", '{text} : ("one" AND "two")'],
    ["AND", '{text} : ("and")'],
    ["a\0b", '{text} : ("a b")'],
    ["naïve 東京", '{text} : ("naive" AND "東京")'],
  ];
  for (const [query, match] of expressions) assertEquals(toExpression(query), { match }, query);
});

Deno.test("toExpression() takes a sender as one token, whatever the name", PURE, () => {
  const names = ["Alice", 'A"B', "a OR b", "x* ", "名前", "😀"];
  for (const name of names) {
    const expression = toExpression("one", name);
    assert("match" in expression);
    const [, token] = /^\{text\} : \("one"\) AND \{sender\} : (s[0-9a-f]+)$/.exec(
      expression.match,
    )!;
    assertEquals(token, senderToken(name));
    assertEquals(senderToken(name.toUpperCase()), token);
  }
  assertEquals(new Set(names.map(senderToken)).size, names.length);
});

Deno.test("toExpression() says what is wrong with a query that asks for nothing", PURE, () => {
  const problems: [string[], string][] = [
    [['"', 'one "two', '"one" "', 'a"'], 'has a " without its pair'],
    [["", " ", "-", "()", '""', '"" "-"', "😀", "\0", "'", "**"], "has no word to look for"],
    [["*", "one *", "* one"], "has a * without a word before it"],
  ];
  for (const [queries, problem] of problems) {
    for (const query of queries) assertEquals(toExpression(query), { problem }, query);
  }
});

Deno.test("a query of words, phrases and beginnings means what it says, and no more", PURE, () => {
  using database = indexed();
  const below = random(20261);
  const piece = () => PIECES[below(PIECES.length)]!;
  for (let round = 0; round < 5000; round++) {
    const terms = Array.from({ length: 1 + below(4) }, () => {
      const isPrefix = below(3) === 0;
      if (below(2) === 0) {
        const content = Array.from({ length: 1 + below(3) }, piece).join(" ");
        return { text: `"${content}"${isPrefix ? "*" : ""}`, phrases: [words(content)], isPrefix };
      }
      const content = piece().replaceAll(/\s/g, "") || "x";
      const isStarred = isPrefix || content.endsWith("*");
      const text = content + (isPrefix ? "*" : "");
      return { text, phrases: [words(content)], isPrefix: isStarred };
    });
    const query = terms.map(({ text }) => text).join(" ");
    const expression = toExpression(query);
    if ("problem" in expression) continue;
    const expected = DOCUMENTS.flatMap((document, index) => {
      const isMeant = terms.every(({ phrases, isPrefix }) =>
        phrases.every((phrase) => phrase.length === 0 || hasPhrase(document, phrase, isPrefix))
      );
      return isMeant ? [index] : [];
    });
    assertEquals(matches(database, expression), expected, JSON.stringify(query));
  }
});

Deno.test("no query breaks the syntax, or finds a message without each of its words", PURE, () => {
  using database = indexed();
  const below = random(1);
  const glue = ["", "", " ", '"', '"', "*", '" "', "\0", '""'];
  let searched = 0;
  for (let round = 0; round < 20_000; round++) {
    let query = "";
    for (let length = 1 + below(8); length > 0; length--) {
      query += PIECES[below(PIECES.length)]! + glue[below(glue.length)]!;
    }
    const expression = toExpression(query, below(2) === 0 ? "Alice" : undefined);
    if ("problem" in expression) continue;
    searched++;
    for (const found of matches(database, expression)) {
      const said = words(DOCUMENTS[found]!);
      const missing = words(query).filter((word) => !said.some((each) => each.startsWith(word)));
      assertEquals(missing, [], JSON.stringify(query));
    }
    assertEquals(matches(database, toExpression(query, "Bob")), [], JSON.stringify(query));
  }
  assert(searched > 5000);
});

Deno.test("a query may have as many words as it has room for", PURE, () => {
  using database = indexed();
  const many = Array.from({ length: 128 }, () => "a").join(" ");
  assertEquals(matches(database, toExpression(many)), [3, 8]);
  assertEquals(matches(database, toExpression(many.replaceAll("a", "a*"))).length, 7);
});
