import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Bytes, sha256 } from "../../tools/checksums.ts";
import { Failure } from "../../tools/command.ts";
import { cutKnownRuntime, cutRuntime, unpack } from "../../tools/npm_runtime.ts";
import { PURE } from "../fixtures/pure.ts";

function test(name: string, fn: () => void | Promise<void>) {
  Deno.test(`compile ${name}`, PURE, fn);
}

/** A compiled program: runtime, program, trailer. */
function compiledFile(
  runtime: Bytes,
  { magic = 0x501e, length = 5n } = {},
): Bytes {
  const file = new Uint8Array(runtime.length + 5 + 16);
  file.set(runtime);
  const trailer = new DataView(file.buffer, runtime.length + 5);
  trailer.setUint32(0, magic, true);
  trailer.setUint32(4, 0x2a7, true);
  trailer.setBigUint64(8, length, true);
  return file;
}

const runtime = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);

test("cuts the runtime out of a compiled program", async () => {
  assertEquals(cutRuntime(compiledFile(runtime)), runtime);
  assertEquals(
    await cutKnownRuntime(compiledFile(runtime), await sha256(runtime)),
    runtime,
  );
});

test("cuts the runtime out of a part of a larger buffer", () => {
  const larger = new Uint8Array(100);
  const file = compiledFile(runtime);
  larger.set(file, 7);
  assertEquals(cutRuntime(larger.subarray(7, 7 + file.length)), runtime);
});

test("refuses a file whose trailer has another magic", () => {
  assertThrows(
    () => cutRuntime(compiledFile(runtime, { magic: 0xd3d0 })),
    Failure,
    "magic is 0xd3d0, not 0x501e",
  );
});

test("refuses a trailer whose program is longer than the file", () => {
  for (const length of [10n, 2n ** 64n - 1n]) {
    assertThrows(
      () => cutRuntime(compiledFile(runtime, { length })),
      Failure,
      `a program of ${length} bytes, but only 9 stand before it`,
    );
  }
});

test("refuses a file too short for a trailer", () => {
  assertThrows(() => cutRuntime(new Uint8Array(15)), Failure, "no trailer");
});

test("refuses a runtime with another sum", async () => {
  await assertRejects(
    () => cutKnownRuntime(compiledFile(runtime), "0".repeat(64)),
    Failure,
    `not ${"0".repeat(64)}`,
  );
});

/** A gzipped tar archive of these files. */
async function archiveOf(files: Record<string, string>): Promise<Bytes> {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = new Uint8Array(512);
    const size = text.length.toString(8).padStart(11, "0");
    new TextEncoder().encodeInto(name, header);
    new TextEncoder().encodeInto(size, header.subarray(124));
    const contents = new Uint8Array(Math.ceil(text.length / 512) * 512);
    new TextEncoder().encodeInto(text, contents);
    return [header, contents];
  });
  const tar = new Blob([...blocks, new Uint8Array(1024)]);
  const packed = tar.stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

test("finds a file in a package, whatever stands before it", async () => {
  const archive = await archiveOf({
    "package/a": "x".repeat(513),
    "package/empty": "",
    "package/b": "found",
  });
  const find = async (name: string) => {
    const contents = await unpack(archive, name);
    return contents && new TextDecoder().decode(contents);
  };
  assertEquals(await find("package/b"), "found");
  assertEquals(await find("package/empty"), "");
  assertEquals(await find("package/c"), undefined);
});
