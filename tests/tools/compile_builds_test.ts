import { assertEquals, assertRejects } from "@std/assert";
import { compilePrograms } from "../../tools/builds.ts";
import { sha256 } from "../../tools/checksums.ts";
import { Failure } from "../../tools/command.ts";

/** Stands in for the compiler: writes its arguments to the output file. */
const standIn = `
const output = Deno.args.find((arg) => arg.startsWith("--output="));
if (output.endsWith(Deno.env.get("FAILS_FOR"))) {
  console.error("error: wrong program");
  Deno.exit(1);
}
Deno.writeTextFileSync(output.slice(9), Deno.args.join(" "));
`;

/** A directory with files of an earlier run, and the order that fills it. */
async function workshop({ failsFor = "nothing" } = {}) {
  const root = await Deno.makeTempDir({ prefix: "basic-chat-builds-" });
  const script = `${root}/stand_in.js`;
  const output = `${root}/dist`;
  await Deno.writeTextFile(script, standIn);
  await Deno.mkdir(output);
  for (const name of ["SHA256SUMS", "chat-server-linux-x64", "unrelated"]) {
    await Deno.writeTextFile(`${output}/${name}`, "stale");
  }
  const compiler = {
    program: Deno.execPath(),
    prefix: ["run", "--quiet", "--no-config", "--allow-all", script],
    env: { FAILS_FOR: failsFor },
  };
  const interrupt = new AbortController();
  const reports: string[] = [];
  return {
    output,
    interrupt,
    reports,
    compile: (onLine: (line: string) => void = () => {}) =>
      compilePrograms({
        all: true,
        compiler: () => Promise.resolve(compiler),
        output,
        signal: interrupt.signal,
        report(line) {
          reports.push(line);
          onLine(line);
        },
      }),
    async names() {
      const entries = await Array.fromAsync(Deno.readDir(output));
      return entries.map((entry) => entry.name).sort();
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

const made = [
  "chat-client-linux-arm64",
  "chat-client-linux-x64",
  "chat-client-macos-arm64",
  "chat-client-macos-x64",
  "chat-client-windows-x64.exe",
  "chat-server-linux-arm64",
  "chat-server-linux-x64",
  "chat-server-macos-arm64",
  "chat-server-macos-x64",
  "chat-server-windows-x64.exe",
];

Deno.test("compile makes ten programs and their sums, and touches nothing else", async () => {
  await using shop = await workshop();
  await shop.compile();
  assertEquals(await shop.names(), ["SHA256SUMS", ...made, "unrelated"]);
  const expected: string[] = [];
  for (const name of made) {
    const sum = await sha256(await Deno.readFile(`${shop.output}/${name}`));
    expected.push(`${sum}  ${name}\n`);
  }
  assertEquals(
    await Deno.readTextFile(`${shop.output}/SHA256SUMS`),
    expected.join(""),
  );
  assertEquals(shop.reports.slice(0, 2), ["Bundling server.ts", "Bundling client.ts"]);
  assertEquals(shop.reports.length, 2 + made.length + 1);
});

Deno.test("compile leaves neither new nor older programs when one of them fails", async () => {
  await using shop = await workshop({ failsFor: "chat-client-windows-x64.exe" });
  await assertRejects(
    () => shop.compile(),
    Failure,
    "Cannot compile client.ts for x86_64-pc-windows-msvc:\nerror: wrong program",
  );
  assertEquals(await shop.names(), ["unrelated"]);
});

Deno.test("compile leaves nothing when it is interrupted", async () => {
  await using shop = await workshop();
  const stop = (line: string) => {
    if (line.endsWith("macos-x64")) {
      shop.interrupt.abort(new Failure("Interrupted"));
    }
  };
  await assertRejects(() => shop.compile(stop), Failure, "Interrupted");
  assertEquals(await shop.names(), ["unrelated"]);
});
