import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { explainBundling } from "../../tools/bundles.ts";
import { explain } from "../../tools/compilers.ts";
import { formatSums, sha256 } from "../../tools/checksums.ts";
import { npmReason, Unavailable } from "../../tools/command.ts";
import { parseOptions, UsageError } from "../../tools/compile.ts";
import {
  type Build,
  buildsFor,
  bundlerArguments,
  checkerArguments,
  compilerArguments,
  fileName,
  programs,
  runArguments,
  targets,
  thisMachine,
} from "../../tools/targets.ts";
import { PURE } from "../fixtures/pure.ts";

function test(name: string, fn: () => void | Promise<void>) {
  Deno.test(`compile ${name}`, PURE, fn);
}

const linux: Build = buildsFor(targets)[0]!;

test("names a program after its platform", () => {
  assertEquals(buildsFor(targets.slice(0, 4)).map(fileName), [
    "chat-server-linux-x64",
    "chat-client-linux-x64",
    "chat-server-linux-arm64",
    "chat-client-linux-arm64",
    "chat-server-macos-x64",
    "chat-client-macos-x64",
    "chat-server-macos-arm64",
    "chat-client-macos-arm64",
  ]);
});

test("names the Windows programs with .exe", () => {
  assertEquals(buildsFor(targets.slice(4)).map(fileName), [
    "chat-server-windows-x64.exe",
    "chat-client-windows-x64.exe",
  ]);
});

test("names this machine's programs without a platform", () => {
  const names = (target: string, os: string) =>
    buildsFor([thisMachine({ target, os })]).map(fileName);
  assertEquals(names("aarch64-apple-darwin", "darwin"), [
    "chat-server",
    "chat-client",
  ]);
  assertEquals(names("x86_64-pc-windows-msvc", "windows"), [
    "chat-server.exe",
    "chat-client.exe",
  ]);
});

const NEEDED: Record<string, string[]> = {
  "chat-server": [
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-env=XDG_STATE_HOME,HOME,LOCALAPPDATA,CHAT_SERVER_*",
    "--allow-sys=statfs",
    "--include=sqlite_worker.ts",
    "--include=file_worker.ts",
    "--include=page.html",
    "--v8-flags=--expose-gc,--max-semi-space-size=8",
  ],
  "chat-client": [
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-env=HOME,XDG_CONFIG_HOME,XDG_STATE_HOME,APPDATA,LOCALAPPDATA," +
    "CHAT_SERVER,CHAT_NAME,CHAT_ROOM,CHAT_PASSWORD,SSL_CERT_FILE,TERM,COLORTERM,NO_COLOR",
    "--allow-run=kill,tail",
    "--v8-flags=--max-semi-space-size=1,--no-turbofan",
  ],
};

for (const build of buildsFor(targets)) {
  const name = fileName(build);
  test(`gives ${name} what it needs and nothing else`, () => {
    assertEquals(compilerArguments(build, `/staging/${name}`), [
      "compile",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--no-check",
      "--unstable-worker-options",
      "--no-code-cache",
      "--no-prompt",
      ...NEEDED[build.program.name] ?? [],
      `--target=${build.target.triple}`,
      `--output=/staging/${name}`,
      name.startsWith("chat-server") ? "server.js" : "client.js",
    ]);
  });
}

test("gives the server of deno task dev the same", () => {
  const [run, , ...rest] = runArguments("chat-server");
  // The page is made first; where it cannot be, the server says so to who asks for it.
  const page = "deno run --allow-all tools/page.ts;";
  assertEquals(config.tasks.dev.command, [page, "deno", run, "--watch", ...rest].join(" "));
});

test("makes both programs for five different platforms", () => {
  assertEquals(programs.map((program) => program.name), [
    "chat-server",
    "chat-client",
  ]);
  assertEquals(targets.map((target) => target.triple), [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
  ]);
});

test("includes the modules that only a worker reaches", () => {
  const program = { ...linux.program, include: ["server/a.ts", "server/b.ts"] };
  const args = compilerArguments({ ...linux, program }, "out");
  assertEquals(args.filter((arg) => arg.startsWith("--include")), [
    "--include=a.ts",
    "--include=b.ts",
    "--include=page.html",
  ]);
  assertEquals(args.at(-1), "server.js");
});

test("checks types and bundles by the lock file alone", () => {
  const program = { ...linux.program, include: ["server/a.ts"] };
  for (const args of [checkerArguments(program), bundlerArguments(program.entry, "out")]) {
    assertEquals(args.includes("--frozen"), true);
  }
  assertEquals(checkerArguments(program).slice(-2), ["server.ts", "server/a.ts"]);
  assertEquals(bundlerArguments("server/a.ts", "out").slice(-2), ["--outdir=out", "server/a.ts"]);
});

test("lists sums as sha256sum does, sorted by name", async () => {
  const empty = await sha256(new Uint8Array());
  const sums = formatSums(new Map([["b.exe", "f".repeat(64)], ["a", empty]]));
  assertEquals(
    sums,
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n" +
      `${"f".repeat(64)}  b.exe\n`,
  );
});

test("names the way out where the runtime can't be downloaded", () => {
  const failure = explain(
    linux,
    `error: Writing deno compile executable to temporary file 'a.tmp-1'

Caused by:
    0: Setting up base binary.
    1: error sending request for url (https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip): client error (Connect): dns error
    2: client error (Connect)
    3: dns error`,
  );
  assertEquals(failure instanceof Unavailable, true);
  const [what, wayOut] = failure.message.split("\n");
  assertEquals(
    what,
    "Cannot download the runtime for compiled programs from https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip: dns error",
  );
  assertMatch(wayOut!, /--runtime=npm|where this address can be reached/);
});

test("shows the compiler's own words for a wrong program", () => {
  const failure = explain(linux, "TS2322 [ERROR]: Type 'number' is …");
  assertEquals(failure instanceof Unavailable, false);
  assertEquals(
    failure.message,
    "Cannot compile server.ts for x86_64-unknown-linux-gnu:\nTS2322 [ERROR]: Type 'number' is …",
  );
});

const UNFETCHED: [name: string, cause: string, stderr: string][] = [
  [
    "@esbuild/linux-x64",
    "error sending request for url (https://registry.example/@esbuild%2flinux-x64): dns error",
    `error: Failed loading https://registry.example/@esbuild%2flinux-x64 for package "@esbuild/linux-x64"

Caused by:
    error sending request for url (https://registry.example/@esbuild%2flinux-x64): dns error`,
  ],
  [
    "@esbuild/linux-x64",
    "npm package '@esbuild/linux-x64' does not exist.",
    "error: npm package '@esbuild/linux-x64' does not exist.",
  ],
  [
    "fast-check@4.3.0",
    "error sending request for url (https://registry.example/fast-check-4.3.0.tgz)",
    `error: Failed caching npm package 'fast-check@4.3.0'
    0: error sending request for url (https://registry.example/fast-check-4.3.0.tgz)
    1: client error (Connect)`,
  ],
];

for (const [name, cause, stderr] of UNFETCHED) {
  test(`names the way out where bundling ends with ${stderr.split(" ", 3).join(" ")}`, () => {
    const failure = explainBundling(linux.program, stderr);
    assertEquals(failure instanceof Unavailable, true);
    const [what, wayOut] = failure.message.split("\n");
    assertEquals(
      what,
      `Cannot fetch the package ${name}, which Deno needs to bundle the programs: ${cause}`,
    );
    assertMatch(wayOut!, /Try again where .* can be reached/);
  });
}

test("finds npm's reason among its words", () => {
  const stderr = `npm warn deprecated a@1
npm error code E404
npm error 404 Not Found - GET https://registry.example/a
npm error A complete log of this run can be found in: /root`;
  assertEquals(
    npmReason(stderr),
    "404 Not Found - GET https://registry.example/a",
  );
  assertEquals(npmReason("npm ERR! code ENETDOWN"), "code ENETDOWN");
  assertEquals(npmReason("error: Type checking failed."), undefined);
});

test("reads its command line", () => {
  assertEquals(parseOptions([]), {
    all: false,
    runtime: "official",
    output: "dist",
  });
  assertEquals(parseOptions(["--all", "--output", "a b"]), {
    all: true,
    runtime: "official",
    output: "a b",
  });
  assertEquals(parseOptions(["--runtime=npm"]), {
    all: false,
    runtime: "npm",
    output: "dist",
  });
  assertEquals(parseOptions(["--all", "--help"]), "help");
});

test("refuses a command line that it doesn't know", () => {
  const refused: [string[], string][] = [
    [["--everything"], "Unknown argument --everything"],
    [["server.ts"], "Unknown argument server.ts"],
    [["--output"], "--output needs a directory"],
    [["--runtime=jsr"], 'not "jsr"'],
    [["--runtime"], 'not ""'],
    [["--all", "--runtime=npm"], "--all needs the official runtime"],
  ];
  for (const [args, message] of refused) {
    assertThrows(() => parseOptions(args), UsageError, message);
  }
});
