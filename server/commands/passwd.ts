/**
 * `chat-server passwd NAME`: sets or removes a name's password without needing the current
 * one. Works on the log's file, whether a server has it open or not; a server that has
 * learns of the change within two seconds.
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { DatabaseSync } from "node:sqlite";
import { FieldError, newPassword } from "../../protocol/fields.ts";
import { escapeForTerminal, fold, parseName } from "../../protocol/mod.ts";
import { toggle, type Values } from "../../cli/options.ts";
import { DataFile, FileInUse } from "../log/sqlite/file/data_file.ts";
import { lookAlike } from "../hub/state/skeletons.ts";
import type { StoredPassword } from "../log/account_store.ts";
import { Passwords } from "../accounts/passwords.ts";
import { exists } from "../process/files.ts";
import { askSecret } from "../process/secret_prompt.ts";
import { checkNoOrphanedWal } from "../log/sqlite/database.ts";
import { AccountTable } from "../log/sqlite/tables/accounts.ts";
import { checkSchema, isUpToDate, migrate } from "../log/sqlite/tables/schema.ts";
import { Statements } from "../log/sqlite/tables/statements.ts";
import { command, CommandFailure, DATA, dataPath, HELP } from "./command.ts";

const OPTIONS = {
  data: DATA,
  delete: toggle("Free the name again, and end its sessions"),
  help: HELP,
};

/** `chat-server passwd NAME`. */
export const passwd = command({
  operands: ["NAME"],
  missing: "Say whose password",
  help: "Register a name, or change its password",
  description: `
Register NAME, or change its password; its sessions need the new one to come back.
The password is asked for twice or, away from a terminal, read from one line of the input.
A server that uses the file need not be stopped.`,
  options: OPTIONS,
  run: ([name = ""], options) => setPassword(name, options),
});

/** Does what `chat-server passwd NAME` asks; returns the line that says what was done. */
async function setPassword(
  name: string,
  options: Values<typeof OPTIONS>,
): Promise<string> {
  const parsed = parseName(name);
  if ("problem" in parsed) {
    throw new CommandFailure(
      2,
      `Cannot use the name "${escapeForTerminal(name)}": it ${parsed.problem}`,
    );
  }
  const path = dataPath(options.data);
  try {
    const remark = exists(path) ? "" : ` The log ${path} is new.`;
    if (options.delete) return withAccounts(path, (accounts) => unregister(accounts, parsed.name));
    // Before asking for a password that could not be set.
    withAccounts(path, (accounts) => refuseLookalike(accounts, parsed.name));
    const password = await new Passwords().hash(await askForPassword());
    return withAccounts(path, (accounts) => register(accounts, parsed.name, password)) + remark;
  } catch (error) {
    if (error instanceof CommandFailure || !(error instanceof Error)) throw error;
    throw new CommandFailure(1, `Cannot use the log ${path}: ${error.message}`);
  }
}

function register(accounts: AccountTable, name: string, password: StoredPassword): string {
  refuseLookalike(accounts, name);
  const known = accounts.stored(name);
  if (known === undefined) {
    accounts.register({ kind: "register", name, password }, Date.now());
    return `"${name}" is registered.`;
  }
  const authentication = { account: known.id, passwordVersion: known.passwordVersion };
  accounts.changePassword({ kind: "password", authentication, password }, Date.now());
  return `"${known.name}" has a new password; its sessions need it to come back.`;
}

function unregister(accounts: AccountTable, name: string): string {
  const known = accounts.stored(name);
  if (known === undefined) throw new CommandFailure(1, `"${name}" is not registered`);
  accounts.drop({ account: known.id, passwordVersion: known.passwordVersion });
  return `"${known.name}" is registered no more.`;
}

function refuseLookalike(accounts: AccountTable, name: string): void {
  const other = accounts.all().find((account) =>
    fold(account.name) !== fold(name) && lookAlike(account.name, name)
  );
  if (other === undefined) return;
  const reason = `Cannot register "${name}": it looks like "${other.name}", which is registered`;
  throw new CommandFailure(1, reason);
}

/** Does one thing to the accounts of a log: all of it, or nothing. */
function withAccounts<Result>(path: string, change: (accounts: AccountTable) => Result): Result {
  using stack = new DisposableStack();
  const file = openFile(path);
  if (file !== undefined) stack.use(file);
  checkNoOrphanedWal(file?.path ?? path);
  const database = new DatabaseSync(file?.path ?? path);
  stack.defer(() => database.close());
  checkSchema(database);
  database.exec("PRAGMA busy_timeout = 10000");
  if (file !== undefined) {
    database.exec("PRAGMA journal_mode = WAL");
    migrate(database);
  } else if (!isUpToDate(database)) {
    throw new CommandFailure(
      1,
      `The server that uses ${path} is older than this one; stop it first`,
    );
  }
  database.exec("BEGIN IMMEDIATE");
  const result = change(new AccountTable(new Statements(database)));
  database.exec("COMMIT");
  return result;
}

/** The file, locked for this process; `undefined` where a server has it, which is no obstacle. */
function openFile(path: string): DataFile | undefined {
  try {
    return new DataFile(path);
  } catch (error) {
    if (error instanceof FileInUse) return undefined;
    throw error;
  }
}

async function askForPassword(): Promise<string> {
  if (!Deno.stdin.isTerminal()) return checked(await firstLine());
  const password = checked(askSecret("Password:"));
  const again = askSecret("The same again:");
  if (checked(again) !== password) throw new CommandFailure(1, "The two passwords differ");
  return password;
}

function checked(password: string): string {
  const parsed = newPassword.parse(password);
  if (parsed instanceof FieldError) throw new CommandFailure(1, `The password ${parsed.rule}`);
  return parsed;
}

async function firstLine(): Promise<string> {
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array<ArrayBuffer>, string>)
    .pipeThrough(new TextLineStream());
  for await (const line of lines) return line;
  return "";
}
