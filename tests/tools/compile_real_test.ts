import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { bundle } from "../../tools/bundles.ts";
import { compile, compilerFor } from "../../tools/compilers.ts";
import { programs, thisMachine } from "../../tools/targets.ts";
import { compiledPrograms } from "./compiled_programs.ts";
import { assertConfined, PLACES } from "../fixtures/confinement.ts";
import { Directory } from "../fixtures/files.ts";
import { ServerProcess, TestProcess } from "../fixtures/process.ts";
import { Certificates } from "../fixtures/tls.ts";

const compiled = await compiledPrograms();

/** Runs the tool as `deno task compile` does. */
async function compileTask(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "tools/compile.ts", ...args],
    cwd: new URL("../..", import.meta.url),
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

Deno.test({
  name: "compiled server is joined, talked through and stopped by SIGTERM, and remembers",
  // Windows has no SIGTERM that a program could answer.
  ignore: "skipped" in compiled || Deno.build.os === "windows",
  async fn() {
    if ("skipped" in compiled) return;
    const directory = await Deno.makeTempDir();
    const command = [compiled.server, "--port", "0", "--data", `${directory}/chat.db`] as const;
    try {
      for (const seq of [1, 2]) {
        await using server = await ServerProcess.run([...command]);
        // The name of the time before is held for its session.
        using alice = await server.join(`Alice ${seq}`, "General", {
          since: { General: 0 },
        });
        using bob = await server.lecture("Bob");
        await bob.send("message", { text: `Hello ${seq}` });
        const heard = (await bob.settled()).map(({ payload }) => payload.text);
        assertEquals(heard, [`Hello ${seq}`]);
        const messages = (await alice.settled()).filter(({ type }) => type === "message");
        const all = [1, 2].slice(0, seq).map((each) => [each, `Hello ${each}`]);
        assertEquals(messages.map(({ payload }) => [payload.seq, payload.text]), all);
        server.kill("SIGTERM");
        assertEquals((await alice.receive("notification")).payload.event, "shutdown");
        assertEquals([await alice.next(), (await server.ended()).code], [undefined, 0]);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  name: "compiled clients talk to each other through the compiled server",
  ignore: "skipped" in compiled,
  async fn() {
    if ("skipped" in compiled) return;
    const home = await Deno.makeTempDir();
    const { client } = compiled;
    const join = (port: number, name: string) =>
      new TestProcess([client, `127.0.0.1:${port}`, "--name", name, "--room", "General"], {
        HOME: home,
        XDG_STATE_HOME: "",
        XDG_CONFIG_HOME: "",
        CHAT_SERVER: "",
        CHAT_NAME: "",
        CHAT_ROOM: "",
        CHAT_PASSWORD: "",
      });
    try {
      await using server = await ServerProcess.run([compiled.server, "--memory", "--port", "0"]);
      using watcher = await server.join("Watcher");
      await using alice = join(server.port, "Alice");
      assertEquals((await watcher.receive("notification")).payload.name, "Alice");
      await using bob = join(server.port, "Bob");
      assertEquals((await watcher.receive("notification")).payload.name, "Bob");
      await bob.type("Hello from Bob");
      assertEquals((await watcher.receive("message")).payload.text, "Hello from Bob");
      await alice.type("Hello from Alice");
      for (const person of [alice, bob]) {
        const { code, stdout, stderr } = await person.finish();
        assertEquals([code, stderr], [0, []]);
        assertStringIncludes(stdout.join("\n"), "Hello from Bob");
        if (person === alice) assertStringIncludes(stdout.join("\n"), "Hello from Alice");
      }
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
});

Deno.test({
  name: "compiled server can't run a program, reach other files, or go out",
  ignore: "skipped" in compiled || Deno.build.os === "windows",
  async fn() {
    if ("skipped" in compiled) return;
    using output = new Directory();
    const signal = AbortSignal.timeout(120_000);
    const [program] = programs.filter(({ name }) => name === "chat-server").map((server) => ({
      ...server,
      entry: "tests/fixtures/probed_server.ts",
      include: [...server.include, "tests/fixtures/probed_worker.ts"],
    }));
    if (program === undefined) throw new Error("There is no program chat-server");
    const build = { program, target: thisMachine(Deno.build) };
    await bundle(program, output.path, signal);
    await compile(build, await compilerFor(compiled.runtime, signal), output.path, signal);
    for (const place of PLACES) await assertConfined([output.file("chat-server")], place);
  },
});

Deno.test({
  name: "compiled programs talk over TLS, and the fingerprint is enough to begin with",
  ignore: "skipped" in compiled,
  async fn() {
    if ("skipped" in compiled) return;
    const home = await Deno.makeTempDir();
    const { server: path, client } = compiled;
    const args = ["--tls", "--plain", "off", "--tls-port", "0", "--data", `${home}/chat.db`];
    try {
      await using server = new TestProcess([path, ...args]);
      const form = /^Listening on (\S+) with TLS, fingerprint (\S+)$/;
      const [, address, fingerprint] = form.exec(await server.line()) ?? [];
      for (const fragment of [`#${fingerprint}`, ""]) {
        await using alice = new TestProcess(
          [
            client,
            "send",
            "Hello",
            "--name",
            "Alice",
            "--server",
            `chats://${address}/${fragment}`,
          ],
          { HOME: home, XDG_STATE_HOME: "", XDG_CONFIG_HOME: "", CHAT_ROOM: "" },
        );
        assertEquals(await alice.finish(), { code: 0, stdout: [], stderr: [] });
      }
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
});

Deno.test({
  name: "compiled server shows a certificate that it was given",
  ignore: "skipped" in compiled,
  async fn() {
    if ("skipped" in compiled) return;
    await using certificates = await Certificates.make();
    const { certificate, key } = certificates.files;
    await using server = new TestProcess([
      compiled.server,
      ...["--memory", "--plain", "off", "--tls-port", "0"],
      ...["--tls-cert", certificate, "--tls-key", key],
    ]);
    const [, port] = /^Listening on \S+:(\d+) with TLS/.exec(await server.line()) ?? [];
    using connection = await Deno.connectTls({
      hostname: "localhost",
      port: Number(port),
      caCerts: [certificates.authority.certificate],
    });
    await connection.handshake();
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
      cwd: new URL("../..", import.meta.url),
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
