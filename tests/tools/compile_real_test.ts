import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { bundle } from "../../tools/bundles.ts";
import { compile, compilerFor } from "../../tools/compilers.ts";
import { programs, thisMachine } from "../../tools/targets.ts";
import { type CompiledPrograms, compiledPrograms } from "./compiled_programs.ts";
import { assertConfined, PLACES } from "../fixtures/confinement.ts";
import { Home } from "../fixtures/client.ts";
import { Directory } from "../fixtures/files.ts";
import { type Ended, hasProgram, ServerProcess, TestProcess } from "../fixtures/process.ts";
import { Certificates } from "../fixtures/tls.ts";

const programsOrNot = await compiledPrograms();

type Scenario = (compiled: CompiledPrograms) => Promise<void>;

/** Tests the compiled programs, where there are any. */
function test(name: string, scenario: Scenario, ignore = false): void {
  const compiled = "skipped" in programsOrNot ? undefined : programsOrNot;
  Deno.test({
    name,
    ignore: ignore || compiled === undefined,
    async fn() {
      if (compiled !== undefined) await scenario(compiled);
    },
  });
}

/** As `test`, but not on Windows, which has no SIGTERM that a program could answer. */
function testOnUnix(name: string, scenario: Scenario): void {
  test(name, scenario, Deno.build.os === "windows");
}

/** Runs the tool as `deno task compile` does. */
async function compileTask(args: string[], env?: Record<string, string>): Promise<Ended> {
  const run = ["run", "--quiet", "--allow-all", "tools/compile.ts", ...args];
  await using tool = new TestProcess([Deno.execPath(), ...run], env);
  return await tool.finish();
}

test("compile makes two programs that a person may run, and nothing else", async (compiled) => {
  for (const path of [compiled.server, compiled.client]) {
    const { size, mode } = await Deno.stat(path);
    assertGreater(size, 10_000_000);
    if (mode !== null) assertEquals(mode & 0o100, 0o100);
  }
  const directory = compiled.server.replace(/\/[^/]+$/, "");
  const entries = await Array.fromAsync(Deno.readDir(directory));
  assertEquals(entries.length, 2);
});

testOnUnix(
  "compiled server is joined, talked through and stopped by SIGTERM, and remembers",
  async (compiled) => {
    using directory = new Directory();
    const command = [compiled.server, "--port", "0", "--data", directory.file()] as const;
    for (const seq of [1, 2]) {
      await using server = await ServerProcess.run(command);
      // The earlier name is held for its session.
      using alice = await server.join(`Alice ${seq}`, "General", { since: { General: 0 } });
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
  },
);

test("compiled clients talk to each other through the compiled server", async (compiled) => {
  await using home = new Home();
  const env = { ...home.env, XDG_STATE_HOME: "", XDG_CONFIG_HOME: "" };
  const { client } = compiled;
  const join = (port: number, name: string) =>
    new TestProcess([client, `127.0.0.1:${port}`, "--name", name, "--room", "General"], env);
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
});

testOnUnix(
  "compiled server can't run a program, reach other files, or go out",
  async (compiled) => {
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
);

test("compiled programs talk over TLS, and the fingerprint is enough to begin with", async (compiled) => {
  await using home = new Home();
  const env = { ...home.env, XDG_STATE_HOME: "", XDG_CONFIG_HOME: "" };
  const { server: path, client } = compiled;
  const args = ["--tls", "--plain", "off", "--tls-port", "0", "--data", home.file()];
  await using server = new TestProcess([path, ...args]);
  const form = /^Listening on (\S+) with TLS, fingerprint (\S+)$/;
  const [, address, fingerprint] = form.exec(await server.line()) ?? [];
  for (const fragment of [`#${fingerprint}`, ""]) {
    const url = `chats://${address}/${fragment}`;
    const args = ["send", "--name", "Alice", "--server", url, "Hello"] as const;
    await using alice = new TestProcess([client, ...args], env);
    assertEquals(await alice.finish(), { code: 0, stdout: [], stderr: [] });
  }
});

test("compiled server shows a certificate that it was given", async (compiled) => {
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
});

Deno.test("compile answers an unknown flag with one line and status 2", async () => {
  assertEquals(await compileTask(["--everything"]), {
    code: 2,
    stdout: [],
    stderr: ["Unknown argument --everything; see deno task compile --help"],
  });
});

Deno.test("compile shows its flags on --help", async () => {
  const { code, stdout, stderr } = await compileTask(["--help"]);
  assertEquals([code, stderr], [0, []]);
  for (const flag of ["--all", "--output", "--runtime=npm"]) {
    assertStringIncludes(stdout.join("\n"), flag);
  }
});

Deno.test("compile names a directory that it can't write to", async () => {
  using directory = new Directory();
  const file = directory.file("file");
  await Deno.writeTextFile(file, "");
  const { code, stderr: [reason = "", ...more] } = await compileTask(["--output", file]);
  assertEquals([code, more], [1, []]);
  assert(reason.startsWith(`Cannot write to ${file}: `), reason);
});

Deno.test("compile leaves no older program behind when it fails", async () => {
  using directory = new Directory();
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  await Deno.writeTextFile(directory.file(`chat-server${suffix}`), "stale");
  await Deno.writeTextFile(directory.file("unrelated"), "kept");
  const env = { DENORT_BIN: directory.file("none") };
  assertEquals((await compileTask(["--output", directory.path], env)).code, 1);
  const names = await Array.fromAsync(Deno.readDir(directory.path), ({ name }) => name);
  assertEquals(names, ["unrelated"]);
});

/**
 * Makes the directory $0 read-only but for its /data, which is $1, with a /proc, and runs the rest in it: what a
 * container's engine does.
 */
const CONTAINER = `data=$1; shift; mount --bind "$0" "$0" && mount --bind "$data" "$0/data" &&
  mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" && exec chroot --userspec=65532:65532 "$0" "$@"`;

/** The command that runs `args` in a container of its own, as its first process. */
function inContainer(root: Directory, data: Directory, ...args: string[]): [string, ...string[]] {
  const alone = ["--mount", "--pid", "--fork"];
  return ["unshare", ...alone, "sh", "-c", CONTAINER, root.path, data.path, ...args];
}

/** The first process of a container; it ends with its test, which `unshare` itself sees to no more. */
class Contained implements Disposable {
  readonly #pid: number;
  #isKilled = false;

  /** `parent` is that of `unshare`. */
  constructor(parent: number) {
    this.#pid = Number(Deno.readTextFileSync(`/proc/${parent}/task/${parent}/children`));
  }

  kill(signal: Deno.Signal): void {
    this.#isKilled = true;
    Deno.kill(this.#pid, signal);
  }

  [Symbol.dispose](): void {
    if (!this.#isKilled) this.kill("SIGKILL");
  }
}

/** Copies the program and the libraries that it names into `root`, which then has nothing else. */
async function fillRoot(root: Directory, program: string): Promise<void> {
  const { stdout } = await new Deno.Command("ldd", { args: [program] }).output();
  const named = [...new TextDecoder().decode(stdout).matchAll(/(?:^|=>)\s*(\/\S+)/gm)];
  const libraries = named.map(([, path = ""]) => path);
  assertStringIncludes(libraries.join(" "), "libc.so.6");
  for (const path of libraries) {
    Deno.mkdirSync(root.path + path.replace(/[^/]*$/, ""), { recursive: true });
    Deno.copyFileSync(path, root.path + path);
  }
  Deno.copyFileSync(program, root.file("chat-server"));
  for (const name of ["data", "proc"]) Deno.mkdirSync(root.file(name));
  Deno.chmodSync(root.path, 0o755);
}

/** Whether this machine lets a test make containers; prints when it does not. */
async function canContain(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0 || !await hasProgram("unshare")) return false;
  const args = ["--mount", "--pid", "--fork", "sh", "-c", "mount -t proc proc /proc"];
  const { success } = await new Deno.Command("unshare", { args }).output();
  if (!success) console.log("Skipped: the test in a container, which needs mounts");
  return success;
}

test(
  "compiled server runs in a container: a read-only root with its libraries, another user, no home",
  async (compiled) => {
    using root = new Directory();
    using data = new Directory();
    Deno.chownSync(data.path, 65532, 65532);
    await fillRoot(root, compiled.server);
    const variables = { DATA: "/data/chat.db", PORT: "0", OPS: "127.0.0.1:0" };
    const env = Object.entries(variables).map(([name, value]) => `CHAT_SERVER_${name}=${value}`);
    const bare = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", ...env] as const;
    await using server = await ServerProcess.run([
      ...bare,
      ...inContainer(root, data, "/chat-server"),
    ]);
    using contained = new Contained(server.pid);
    let line = await server.line();
    while (!line.includes("health")) line = await server.line();
    const [, ops = ""] = /(\S+) for/.exec(line) ?? [];
    using alice = await server.join("Alice");
    await alice.send("message", { text: "Hi" });
    assertEquals((await alice.receive("message")).payload.seq, 1);
    const asking = inContainer(root, data, "/chat-server", "health", ops);
    await using health = new TestProcess([...bare, ...asking]);
    const { code, stdout, stderr } = await health.finish();
    assertEquals([code, stdout], [0, ["ready"]], stderr.join("\n"));
    const log = Deno.statSync(`${data.path}/chat.db`);
    assertEquals([log.uid, (log.mode ?? 0) & 0o777], [65532, 0o600]);
    contained.kill("SIGTERM");
    assertEquals((await server.ended()).code, 0);
  },
  !await canContain(),
);
