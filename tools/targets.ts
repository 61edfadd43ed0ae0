/**
 * The builds of `deno task compile`: the programs with the permissions that each
 * needs, the platforms, the file names and the compiler's arguments. Pure.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** A program of this project, as the compiler needs it. */
export interface Program {
  /** The file name, without the platform's label and suffix. */
  readonly name: string;
  /** The entry module, relative to the project's directory. */
  readonly entry: string;
  /** Its permissions; a compiled program cannot ask for more. */
  readonly permissions: readonly string[];
  /** Modules that only a worker or a computed import loads. */
  readonly include: readonly string[];
  /** The file name of the web client's page, beside the modules of the program that serves it. */
  readonly page?: string;
  /** Its flags for V8. */
  readonly v8Flags: readonly string[];
}

/** A platform that programs are built for. */
export interface Target {
  /** Its target triple. */
  readonly triple: string;
  /** Its label in file names; empty for this machine. */
  readonly label: string;
  /** The suffix of executables there. */
  readonly suffix: "" | ".exe";
}

/** One file to build. */
export interface Build {
  /** The program. */
  readonly program: Program;
  /** The platform. */
  readonly target: Target;
}

/** The programs, each with only the permissions that it needs. */
export const programs: readonly Program[] = [
  {
    name: "chat-server",
    entry: "server.ts",
    // The log's file may be anywhere, so reading and writing cannot be narrowed here: the
    // server does it itself once it runs (see server/process/permissions.ts).
    permissions: [
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env=XDG_STATE_HOME,HOME,LOCALAPPDATA,CHAT_SERVER_*",
      // The free space that chat-server doctor tells of; the running server drops it.
      "--allow-sys=statfs",
    ],
    include: ["server/log/sqlite/sqlite_worker.ts", "server/process/file_worker.ts"],
    page: "page.html",
    // It has four heaps, and by itself V8 lets the young part of each grow to 96 MB. With 24 MB
    // each, a million hostile inputs (deno task fuzz) take 409 to 480 MiB instead of 545 to 601.
    // The other flag lets it return memory; see server/limits/garbage.ts.
    v8Flags: ["--expose-gc", "--max-semi-space-size=8"],
  },
  {
    name: "chat-client",
    entry: "client.ts",
    permissions: [
      "--allow-net",
      // The config file, the outbox and the input history; --config may be anywhere.
      "--allow-read",
      "--allow-write",
      "--allow-env=HOME,XDG_CONFIG_HOME,XDG_STATE_HOME,APPDATA,LOCALAPPDATA," +
      "CHAT_SERVER,CHAT_NAME,CHAT_ROOM,CHAT_PASSWORD,SSL_CERT_FILE,TERM,COLORTERM,NO_COLOR",
      // Ctrl-Z: a program cannot stop itself otherwise. `tail` notices that a pipe's reader has
      // gone; see client/lines/pipe_reader.ts.
      "--allow-run=kill,tail",
    ],
    include: [],
    // A client retains little and discards much: with these flags it has 74 instead of 86 MB
    // resident after 10,000 messages, in the same processor time.
    v8Flags: ["--max-semi-space-size=1", "--no-turbofan"],
  },
];

/** The platforms of a release. */
export const targets: readonly Target[] = [
  { triple: "x86_64-unknown-linux-gnu", label: "linux-x64", suffix: "" },
  { triple: "aarch64-unknown-linux-gnu", label: "linux-arm64", suffix: "" },
  { triple: "x86_64-apple-darwin", label: "macos-x64", suffix: "" },
  { triple: "aarch64-apple-darwin", label: "macos-arm64", suffix: "" },
  { triple: "x86_64-pc-windows-msvc", label: "windows-x64", suffix: ".exe" },
];

/** The only platform with a runtime in the npm registry. */
export const npmTriple = "x86_64-unknown-linux-gnu";

/** This machine as a target, from its `Deno.build`. */
export function thisMachine(
  build: { readonly target: string; readonly os: string },
): Target {
  return {
    triple: build.target,
    label: "",
    suffix: build.os === "windows" ? ".exe" : "",
  };
}

/** Every program for every one of `platforms`. */
export function buildsFor(platforms: readonly Target[]): Build[] {
  return platforms.flatMap((target) => programs.map((program) => ({ program, target })));
}

/** The file name of a build. */
export function fileName({ program, target }: Build): string {
  const stem = target.label === "" ? program.name : `${program.name}-${target.label}`;
  return stem + target.suffix;
}

/** The arguments for `deno` to run a program from its sources, with the flags it is compiled with. */
export function runArguments(name: string): string[] {
  const program = programNamed(name);
  return ["run", "--quiet", ...program.permissions, v8FlagsOf(program), program.entry];
}

/** The program of that name. */
export function programNamed(name: string): Program {
  const program = programs.find((each) => each.name === name);
  if (program === undefined) throw new TypeError(`There is no program ${name}`);
  return program;
}

/** The argument that passes a program's flags to V8. */
export function v8FlagsOf({ v8Flags }: Program): string {
  return `--v8-flags=${v8Flags.join(",")}`;
}

/** The directory of a program's bundles within `directory`. */
export function bundlesOf({ name }: Program, directory: string): string {
  return `${directory}/bundles/${name}`;
}

/** The file name of a bundled module: bundles lie side by side, wherever their sources are. */
export function bundledName(module: string): string {
  return baseName(module).replace(/\.ts$/, ".js");
}

/** A module's name without its directory; the code starts its workers by this name. */
export function baseName(module: string): string {
  return module.slice(module.lastIndexOf("/") + 1);
}

/** The arguments for `deno` to check the types of a program. */
export function checkerArguments({ entry, include }: Program): string[] {
  return ["check", "--quiet", "--frozen", entry, ...include];
}

/** The arguments for `deno` to bundle one module with all that it imports. */
export function bundlerArguments(module: string, directory: string): string[] {
  return [
    "bundle",
    "--quiet",
    // An import that is not in the lock file must not reach a release, and the
    // lock file of a checkout must not be rewritten.
    "--frozen",
    // Keeps dynamic imports apart. Source maps would be loaded at the start, and
    // cost nearly half of what bundling gains.
    "--code-splitting",
    `--outdir=${directory}`,
    module,
  ];
}

/** The arguments for `deno` to compile a build from its bundles into `output`. */
export function compilerArguments(
  { program, target }: Build,
  output: string,
): string[] {
  return [
    "compile",
    "--quiet",
    // Bundles import only each other, and their types have been checked.
    "--no-config",
    "--no-lock",
    "--no-check",
    ...config.unstable.map((feature) => `--unstable-${feature}`),
    // The code cache would have a predictable name in the shared temporary directory,
    // where any user could plant code.
    "--no-code-cache",
    "--no-prompt",
    ...program.permissions,
    ...program.include.map((module) => `--include=${baseName(module)}`),
    ...program.page === undefined ? [] : [`--include=${program.page}`],
    v8FlagsOf(program),
    `--target=${target.triple}`,
    `--output=${output}`,
    bundledName(program.entry),
  ];
}
