/** A text from the network as it is shown: safe pieces, of which some are links or mentions. */

import { splitAtMentions } from "../../protocol/mentions.ts";
import { escapeForTerminal, escapeLinesForTerminal } from "../../protocol/mod.ts";

/** A piece of a text. */
export type Piece =
  | { readonly kind: "text" | "mention"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

const LINK = /https?:\/\/[^\s<>"`…]+/giu;

/** Marks that end a sentence rather than a link, and brackets that were opened before it. */
const TRAILING = /(?:[.,;:!?'"’”»*_~]|[)\]}])+$/u;

/** A name, a room or a topic: one line in which nothing acts on the page's text around it. */
export function safeLine(text: string): string {
  return escapeForTerminal(text);
}

/** The pieces of a text; `self` is the name whose mentions are marked. */
export function piecesOf(text: string, self: string | undefined): Piece[] {
  const safe = escapeLinesForTerminal(text).join("\n");
  const pieces: Piece[] = [];
  let end = 0;
  for (const { 0: found, index } of safe.matchAll(LINK)) {
    const written = withoutTrailing(found);
    const href = safeHref(written);
    if (href === undefined) continue;
    pieces.push(...plain(safe.slice(end, index), self));
    // A host in other letters than ASCII is shown as the browser resolves it: in punycode.
    const isAscii = /^[\x21-\x7e]*$/.test(written);
    pieces.push({ kind: "link", text: isAscii ? written : href, href });
    end = index + written.length;
  }
  return [...pieces, ...plain(safe.slice(end), self)];
}

function plain(text: string, self: string | undefined): Piece[] {
  const parts = self === undefined ? [text] : splitAtMentions(text, self);
  return parts.map((part, index): Piece => ({
    kind: index % 2 === 1 ? "mention" : "text",
    text: part,
  })).filter((part) => part.text !== "");
}

function withoutTrailing(link: string): string {
  const trailing = TRAILING.exec(link)?.[0] ?? "";
  const bare = link.slice(0, link.length - trailing.length);
  // "https://en.wikipedia.org/wiki/Deno_(software)" ends with a bracket of its own.
  return bare.includes("(") && trailing.startsWith(")") ? `${bare})` : bare;
}

/** The address that a link opens; none where it hides its host behind a user's name. */
function safeHref(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return undefined;
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

/** The hue of a name's color, in degrees: one of 24, the same on every machine (FNV-1a). */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (hash % 24) * 15;
}
