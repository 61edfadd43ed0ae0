/** core/ runs wherever there is JavaScript: in a page, in a bot, in the terminal program. */

import { assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** The modules of core/. */
async function* modules(folder = new URL("core/", ROOT)): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* modules(new URL(`${name}/`, folder));
    else yield new URL(name, folder);
  }
}

Deno.test("core/ imports nothing but itself and protocol/", async () => {
  const outside: string[] = [];
  for await (const module of modules()) {
    const source = await Deno.readTextFile(module);
    for (const [, path = ""] of source.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
      const target = path.startsWith(".") ? new URL(path, module).pathname : path;
      const isInside = ["core/", "protocol/"].some((folder) =>
        target.startsWith(new URL(folder, ROOT).pathname)
      );
      if (!isInside) outside.push(`${module.pathname} imports ${path}`);
    }
  }
  assertEquals(outside, []);
});

Deno.test("core/ compiles for a platform that has timers, text and streams alone", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    const lib = ["esnext", "webworker", "webworker.asynciterable", "webworker.iterable"];
    const types = [new URL("types/std.d.ts", ROOT).pathname];
    const config = `${directory}/deno.json`;
    await Deno.writeTextFile(config, JSON.stringify({ imports, compilerOptions: { lib, types } }));
    const files = await Array.fromAsync(modules(), ({ pathname }) => pathname);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", config, ...files],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals([new TextDecoder().decode(stderr), code], ["", 0]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** Globals that a worker of a browser has, and that core/ is handed instead. */
const HANDED_IN =
  /\b(?:Deno|process|fetch|WebSocket|indexedDB|caches|self|navigator|location)\b[.(]/;

Deno.test("core/ opens no sockets and no files by itself", async () => {
  for await (const module of modules()) {
    const source = await Deno.readTextFile(module);
    assertEquals(HANDED_IN.exec(source)?.[0], undefined, module.pathname);
  }
});
