/**
 * The page, which `deno task page` makes: one HTML file. It is read at the start, because a
 * running server can open no file; all else about it is done when it is first asked for.
 */

import { fileURLToPath } from "node:url";
import { exists } from "../process/files.ts";
import { type Answer, type Fields, refusal } from "./answers.ts";

/** Where the page lies: beside a compiled program's modules, or where it is made from source. */
const PLACES = ["./page.html", "../../web/dist/page.html"];

/** The page's file, or nothing where it was not made. */
export function readPage(): Page {
  const paths = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const path = paths.find(exists);
  return new Page(path === undefined ? undefined : Deno.readFileSync(path));
}

/** The page, in the forms in which it is sent. */
export class Page {
  readonly #html: Uint8Array<ArrayBuffer> | undefined;
  #forms: Promise<{ gzipped: Uint8Array; fields: Fields }> | undefined;

  constructor(html: Uint8Array<ArrayBuffer> | undefined) {
    this.#html = html;
  }

  /** Whether there is a page. */
  get isThere(): boolean {
    return this.#html !== undefined;
  }

  /** The answer to a request for it. */
  async answer(mayBeGzipped: boolean): Promise<Answer> {
    if (this.#html === undefined) {
      return refusal(503, "The page was not built: run deno task page, and start the server again");
    }
    const { gzipped, fields } = await (this.#forms ??= formsOf(this.#html));
    if (!mayBeGzipped) return { status: 200, body: this.#html, fields };
    return { status: 200, body: gzipped, fields: { ...fields, "content-encoding": "gzip" } };
  }
}

async function formsOf(html: Uint8Array<ArrayBuffer>) {
  const stream = new Blob([html]).stream().pipeThrough(new CompressionStream("gzip"));
  const text = new TextDecoder().decode(html);
  return {
    gzipped: new Uint8Array(await new Response(stream).arrayBuffer()),
    fields: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": await policyFor(text),
      vary: "accept-encoding",
    },
  };
}

/** The page's content security policy: its own script and style, by their hashes, and nothing else. */
async function policyFor(html: string): Promise<string> {
  const scripts = await hashesOf(html, /<script\b[^>]*>(.*?)<\/script>/gs);
  const styles = await hashesOf(html, /<style\b[^>]*>(.*?)<\/style>/gs);
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "connect-src 'self'",
    "img-src data:",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

async function hashesOf(html: string, element: RegExp): Promise<string> {
  const hashes = [...html.matchAll(element)].map(async ([, content = ""]) => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
    return `'sha256-${new Uint8Array(hash).toBase64()}'`;
  });
  return hashes.length === 0 ? "'none'" : (await Promise.all(hashes)).join(" ");
}
