/** `chat-server backup FILE`: a copy of one moment of the log, while a server uses it or not. */

import { backup as copyDatabase, DatabaseSync } from "node:sqlite";
import { toggle } from "../../cli/options.ts";
import { exists } from "../process/files.ts";
import { printLine } from "../process/standard_output.ts";
import { checkSchema } from "../log/sqlite/tables/schema.ts";
import { command, CommandFailure, DATA, dataPath, HELP } from "./parts/command.ts";
import { readFrom, verifyFile } from "./verify.ts";
import { cannotWrite, refuseExisting, sha256, writeWhole } from "./parts/whole_file.ts";

const WITH_TLS = toggle("Copy the server's certificate too, to FILE-tls");

/** `chat-server backup FILE`. */
export const backup = command({
  operands: ["FILE"],
  missing: "Say where the copy is to be",
  help: "Copy the log, while a server uses it or not, and verify the copy",
  description: `
Copy one moment of the log to FILE, which must not be there yet and which only its owner can
read. The copy is verified before it has that name, and its SHA-256 is printed in the form that
sha256sum -c checks. A server that uses the log need not be stopped, and is not slowed down for
long. The copy holds everything that was acknowledged before the command was started.`,
  options: { data: DATA, "with-tls": WITH_TLS, help: HELP },
  run: async ([file = ""], { data, "with-tls": withTls }) => {
    const path = dataPath(data);
    if (withTls) checkTls(path, file);
    await copyLog(path, file);
    if (withTls) copyTls(`${path}-tls`, `${file}-tls`);
    else if (exists(`${path}-tls`)) await remarkOnTls(path);
    return `${sha256(file)}  ${file}`;
  },
});

/** Pages that are copied in one step: all. In several, each write of a server would begin it anew. */
const ALL_PAGES = 2 ** 31 - 1;

/** Copies the log at `path` to `file`, if the copy is whole. */
async function copyLog(path: string, file: string): Promise<void> {
  await writeWhole(file, async (partial) => {
    await readFrom(path, async (database) => {
      checkSchema(database);
      await copyPages(database, partial, file);
    });
    await verifyFile(partial, `The copy of ${path}`);
  });
}

/** Copies all pages of a database to `partial`, which is to be `file`. */
export async function copyPages(
  database: DatabaseSync,
  partial: string,
  file: string,
): Promise<void> {
  try {
    await copyDatabase(database, partial, { rate: ALL_PAGES });
    closeForGood(partial);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** Makes a copy of a database in WAL mode one that is complete in one file, also where it is only read. */
function closeForGood(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = DELETE");
  } finally {
    database.close();
  }
}

/** Refuses to copy the certificate of the log `path` to that of `file` where there is none, or one already. */
export function checkTls(path: string, file: string): void {
  refuseExisting(`${file}-tls`);
  if (exists(`${path}-tls`)) return;
  throw new CommandFailure(1, `There is no ${path}-tls to copy: leave --with-tls out`);
}

/** Copies the directory of the server's own certificate. It appears whole or not at all. */
export function copyTls(from: string, to: string): void {
  const partial = `${to}.${Deno.pid}.partial`;
  try {
    Deno.mkdirSync(partial, { mode: 0o700 });
    for (const { name } of Deno.readDirSync(from)) {
      Deno.copyFileSync(`${from}/${name}`, `${partial}/${name}`);
      if (Deno.build.os !== "windows") Deno.chmodSync(`${partial}/${name}`, 0o600);
    }
    Deno.renameSync(partial, to);
  } catch (error) {
    if (exists(partial)) Deno.removeSync(partial, { recursive: true });
    throw cannotWrite(to, error);
  }
}

async function remarkOnTls(path: string): Promise<void> {
  const remark =
    `chat-server: ${path}-tls holds the private key of the server's certificate. It is ` +
    "not in the backup: keep a copy of it in a safe place, or use --with-tls";
  await printLine(remark, Deno.stderr);
}
