import { assertEquals, assertGreater } from "@std/assert";
import { compiledPrograms } from "./compiled_programs.ts";

const compiled = await compiledPrograms();

/** Runs the tool as `deno task compile` does. */
async function compileTask(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "tools/compile.ts", ...args],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test({
  name: "compile makes two programs that a person may run, and nothing else",
  ignore: "skipped" in compiled,
  async fn() {
    if ("skipped" in compiled) return;
    for (const path of [compiled.server, compiled.client]) {
      const { size, mode } = await Deno.stat(path);
      assertGreater(size, 10_000_000);
      if (mode !== null) assertEquals(mode & 0o100, 0o100);
    }
    const directory = compiled.server.replace(/\/[^/]+$/, "");
    const entries = await Array.fromAsync(Deno.readDir(directory));
    assertEquals(entries.length, 2);
  },
});

Deno.test("compile answers an unknown flag with one line and status 2", async () => {
  assertEquals(await compileTask("--everything"), {
    code: 2,
    stdout: "",
    stderr: "Unknown argument --everything; see deno task compile --help\n",
  });
});

Deno.test("compile shows its flags on --help", async () => {
  const { code, stdout, stderr } = await compileTask("--help");
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  for (const flag of ["--all", "--output", "--runtime=npm"]) {
    assertEquals(stdout.includes(flag), true, flag);
  }
});

Deno.test("compile names a directory that it can't write to", async () => {
  const file = await Deno.makeTempFile();
  try {
    const { code, stderr } = await compileTask("--output", file);
    assertEquals(code, 1);
    assertEquals(stderr.startsWith(`Cannot write to ${file}: `), true, stderr);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("compile leaves no older program behind when it fails", async () => {
  const directory = await Deno.makeTempDir();
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  try {
    await Deno.writeTextFile(`${directory}/chat-server${suffix}`, "stale");
    await Deno.writeTextFile(`${directory}/unrelated`, "kept");
    const failing = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "tools/compile.ts", "--output", directory],
      cwd: new URL("..", import.meta.url),
      env: { DENORT_BIN: `${directory}/none` },
      stdout: "null",
      stderr: "null",
    });
    assertEquals((await failing.output()).code, 1);
    const names = await Array.fromAsync(
      Deno.readDir(directory),
      (entry) => entry.name,
    );
    assertEquals(names, ["unrelated"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
