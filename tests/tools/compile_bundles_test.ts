import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { bundle } from "../../tools/bundles.ts";
import { Failure, Unavailable } from "../../tools/command.ts";
import { bundlesOf, type Program, programNamed } from "../../tools/targets.ts";
import { Directory } from "../fixtures/files.ts";

const SERVER = programNamed("chat-server");

/** The bundles of a program: their texts by their names. */
async function bundled(
  program: Program,
  env?: Record<string, string>,
): Promise<Map<string, string>> {
  using directory = new Directory();
  await bundle(program, directory.path, new AbortController().signal, env);
  const bundles = bundlesOf(program, directory.path);
  const entries = await Array.fromAsync(Deno.readDir(bundles));
  const texts = new Map<string, string>();
  for (const name of entries.map((entry) => entry.name).sort()) {
    texts.set(name, await Deno.readTextFile(`${bundles}/${name}`));
    assertEquals((await Deno.stat(`${bundles}/${name}`)).mtime, new Date(0));
  }
  return texts;
}

let server: Promise<Map<string, string>> | undefined;

/** The server's bundles, made once for all tests. */
function serverBundles(): Promise<Map<string, string>> {
  return server ??= bundled(SERVER);
}

/** A program of one module. */
function programOf(directory: Directory, text: string): Program {
  const entry = directory.file("odd.ts");
  Deno.writeTextFileSync(entry, text);
  return { ...SERVER, entry, include: [] };
}

Deno.test("bundling puts workers beside the entry, under the names that the code has for them", async () => {
  const bundles = await serverBundles();
  for (const name of ["sqlite_worker", "file_worker"]) {
    assertEquals(bundles.get(`${name}.ts`), `import "./${name}.js";\n`);
    assertStringIncludes(bundles.get(`${name}.js`)!, "self.onmessage");
    const asks = [...bundles.values()].filter((text) => text.includes(`URL("./${name}.ts"`));
    assertEquals(asks.length, 1);
  }
});

Deno.test("bundling leaves what is loaded late out of what is loaded at once", async () => {
  const bundles = await serverBundles();
  const atOnce = loadedWith(bundles, "server.js");
  const [, late = ""] = /import\("\.\/(tls-\w+\.js)"\)/.exec(atOnce) ?? [];
  assertStringIncludes(loadedWith(bundles, late), "X509CertificateGenerator");
  assert(!atOnce.includes("X509CertificateGenerator"));
});

/** The text of a bundle and of all that it imports at once, itself or by way of others. */
function loadedWith(bundles: Map<string, string>, name: string): string {
  const names = new Set([name]);
  for (const each of names) {
    const imports = bundles.get(each)?.matchAll(/^(?:import|\} from) "\.\/([\w-]+\.js)";$/gm) ?? [];
    for (const [, imported = ""] of imports) names.add(imported);
  }
  return [...names].map((each) => bundles.get(each) ?? "").join("\n");
}

Deno.test("bundling the same sources makes the same bundles", async () => {
  assertEquals(await bundled(SERVER), await serverBundles());
});

Deno.test("bundling refuses a program whose types are wrong", async () => {
  using directory = new Directory();
  const program = programOf(directory, "export const one: number = 'one';\n");
  const error = await assertRejects(() => bundled(program), Failure, "Cannot bundle ");
  assertStringIncludes(error.message, "TS2322");
});

Deno.test("bundling says what it could not fetch", async () => {
  using directory = new Directory();
  const program = programOf(directory, "console.log(1);\n");
  const env = { DENO_DIR: directory.path, NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/" };
  await assertRejects(() => bundled(program, env), Unavailable, "Cannot fetch the package ");
});
