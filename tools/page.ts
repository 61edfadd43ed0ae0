/**
 * `deno task page`: makes the page of the web client, one HTML file with its script and style
 * inside, so that it is one request and its policy can name both by their hashes.
 *
 * @module
 */

import { Failure, project } from "./command.ts";

/** Where the page is put, from the project's directory; it is not committed. */
export const PAGE_PATH = "web/dist/page.html";

/** Makes the page, as one HTML file. */
export async function makePage(): Promise<string> {
  const source = (name: string) => Deno.readTextFile(new URL(`web/${name}`, project));
  const [template, css, script] = await Promise.all([
    source("page.html"),
    source("page.css"),
    bundled(),
  ]);
  return template.replace(/\n\s+/g, "\n")
    .replace("<style></style>", () => `<style>${withoutSpace(css)}</style>`)
    .replace("<script></script>", () => `<script type="module">${script}</script>`);
}

async function bundled(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--frozen", "--platform", "browser", "--minify", "web/main.ts"],
    cwd: project,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Failure(`Cannot bundle web/main.ts:\n${decoder.decode(stderr)}`);
  // What ends a script element may stand in a string of it.
  return withLetters(decoder.decode(stdout).trim()).replaceAll("</script", "<\\/script");
}

/** The script with letters as such, where the bundler writes escapes: in UTF-8 they take a third. */
function withLetters(script: string): string {
  return script.replace(/\\\\|\\u([\dA-Fa-f]{4})/g, (escape, digits?: string) => {
    const letter = String.fromCharCode(parseInt(digits ?? "0", 16));
    return /\p{L}/u.test(letter) ? letter : escape;
  });
}

/** A style sheet without comments and needless space; no string in it has either. */
function withoutSpace(css: string): string {
  const bare = css.replace(/\/\*[^]*?\*\//g, "").replace(/\s+/g, " ");
  return bare.replace(/\s*([{};,>])\s*/g, "$1").trim();
}

if (import.meta.main) {
  const path = new URL(PAGE_PATH, project);
  await Deno.mkdir(new URL(".", path), { recursive: true });
  await Deno.writeTextFile(path, await makePage());
}
