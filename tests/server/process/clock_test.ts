import { assertEquals } from "@std/assert";

/**
 * The only parts of the server that read the wall clock, which may jump: for times that are
 * kept or shown, and for the validity of certificates. Intervals are of a monotonic clock.
 */
const READERS = [
  "server/accounts/account_sessions.ts",
  "server/commands/bans.ts",
  "server/commands/doctor.ts",
  "server/commands/import.ts",
  "server/commands/passwd.ts",
  "server/log/memory/memory_log.ts",
  "server/log/sqlite/writer.ts",
  "server/ops/ops.ts",
  "server/process/logger.ts",
  "server/server.ts",
  "server/tls/self_issued.ts",
  "server/tls/tls.ts",
  "server/web/answers.ts",
];

const root = new URL("../../../", import.meta.url);

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

Deno.test("the server reads the wall clock for what it keeps and shows, and for nothing else", () => {
  const readers = [...sources("server")].filter((path) =>
    /Date\.now|new Date\(\)/.test(Deno.readTextFileSync(new URL(path, root)))
  );
  assertEquals(readers.toSorted(), READERS);
});
