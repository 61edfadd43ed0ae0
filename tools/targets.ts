/**
 * What `deno task compile` makes: the programs with the permissions that each
 * needs, the platforms, the files' names and the compiler's arguments. Pure.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** A program of this project, as the compiler is to see it. */
export interface Program {
  /** The file's name, before the platform's label and suffix. */
  readonly name: string;
  /** The module that starts it, from the project's directory. */
  readonly entry: string;
  /** All that it may do; a compiled program can't ask for more. */
  readonly permissions: readonly string[];
  /** Modules that only a worker or a computed import reaches. */
  readonly include: readonly string[];
  /** What V8 is told. */
  readonly v8Flags: readonly string[];
}

/** A platform that programs are made for. */
export interface Target {
  /** The compiler's name for it. */
  readonly triple: string;
  /** Its name in a file's name; empty for the machine at hand. */
  readonly label: string;
  /** What an executable's name ends with there. */
  readonly suffix: "" | ".exe";
}

/** One file to be made. */
export interface Build {
  /** Which program. */
  readonly program: Program;
  /** Which platform. */
  readonly target: Target;
}

/** The programs, each with only the permissions that it needs. */
export const programs: readonly Program[] = [
  {
    name: "chat-server",
    entry: "server.ts",
    // The log's file may be anywhere, so reading and writing can't be narrowed here: the
    // server does it itself, once it runs (see server/process/permissions.ts).
    permissions: [
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env=XDG_STATE_HOME,HOME,LOCALAPPDATA",
    ],
    include: ["server/log/sqlite/sqlite_worker.ts", "server/tls/certificate_worker.ts"],
    // It has four heaps, and by itself V8 lets the young part of each grow to 96 MB. With 24 MB
    // each, a million hostile inputs (deno task fuzz) take 409 to 480 MiB instead of 545 to 601.
    // The other flag lets it give memory back; see server/limits/garbage.ts.
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
      "CHAT_SERVER,CHAT_NAME,CHAT_ROOM,CHAT_PASSWORD,TERM,COLORTERM,NO_COLOR",
      // Ctrl-Z: a program can't stop itself otherwise.
      "--allow-run=kill",
    ],
    include: [],
    // What a client keeps is small and what it throws away is much: 74 instead of 86 MB
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

/** The one platform that has a runtime in the npm registry. */
export const npmTriple = "x86_64-unknown-linux-gnu";

/** The machine at hand as a target, told from its `Deno.build`. */
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

/** The name of the file that a build makes. */
export function fileName({ program, target }: Build): string {
  const stem = target.label === "" ? program.name : `${program.name}-${target.label}`;
  return stem + target.suffix;
}

/** The arguments with which `deno` runs a program from its sources as it is compiled. */
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

/** The argument by which V8 is told what a program wants of it. */
export function v8FlagsOf({ v8Flags }: Program): string {
  return `--v8-flags=${v8Flags.join(",")}`;
}

/** Where, within a directory, the modules of a program are that the compiler is given. */
export function bundlesOf({ name }: Program, directory: string): string {
  return `${directory}/bundles/${name}`;
}

/** What a module is called there: they lie side by side, wherever their sources do. */
export function bundledName(module: string): string {
  return baseName(module).replace(/\.ts$/, ".js");
}

/** A module's name without its directory; the code starts its workers by that. */
export function baseName(module: string): string {
  return module.slice(module.lastIndexOf("/") + 1);
}

/** The arguments with which `deno` checks the types of a program. */
export function checkerArguments({ entry, include }: Program): string[] {
  return ["check", "--quiet", "--frozen", entry, ...include];
}

/** The arguments with which `deno` makes one module, and all that it imports, few files. */
export function bundlerArguments(module: string, directory: string): string[] {
  return [
    "bundle",
    "--quiet",
    // An import that the lock file doesn't know must not reach a release, and
    // no compiler may rewrite the lock file of a checkout.
    "--frozen",
    // What is imported late must be loaded late. Source maps would be loaded
    // at once, and cost nearly half of what bundling gains.
    "--code-splitting",
    `--outdir=${directory}`,
    module,
  ];
}

/** The arguments with which `deno` makes a build, from its bundles, as the file `output`. */
export function compilerArguments(
  { program, target }: Build,
  output: string,
): string[] {
  return [
    "compile",
    "--quiet",
    // Bundles import nothing but each other, and their types are checked before.
    "--no-config",
    "--no-lock",
    "--no-check",
    ...config.unstable.map((feature) => `--unstable-${feature}`),
    // A program would keep its code cache under a name known beforehand in the
    // shared temporary directory, where any user could leave code for it.
    "--no-code-cache",
    "--no-prompt",
    ...program.permissions,
    ...program.include.map((module) => `--include=${baseName(module)}`),
    v8FlagsOf(program),
    `--target=${target.triple}`,
    `--output=${output}`,
    bundledName(program.entry),
  ];
}
