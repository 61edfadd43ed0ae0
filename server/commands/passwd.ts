/**
 * `chat-server passwd NAME`: sets or removes a name's password without needing the current
 * one. Works on the log's file, whether a server has it open or not; a server that has
 * learns of the change within two seconds.
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { FieldError, newPassword } from "../../protocol/fields.ts";
import { fold } from "../../protocol/mod.ts";
import { toggle, type Values } from "../../cli/options.ts";
import { lookAlike } from "../hub/state/skeletons.ts";
import type { StoredPassword } from "../log/account_store.ts";
import { Passwords } from "../accounts/passwords.ts";
import { exists } from "../process/files.ts";
import { askSecret } from "../process/secret_prompt.ts";
import type { AccountTable } from "../log/sqlite/tables/accounts.ts";
import {
  change,
  command,
  CommandFailure,
  DATA,
  dataPath,
  HELP,
  nameFrom,
} from "./parts/command.ts";

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
  operand: string,
  options: Values<typeof OPTIONS>,
): Promise<string> {
  const name = nameFrom(operand);
  const path = dataPath(options.data);
  const remark = exists(path) ? "" : ` The log ${path} is new.`;
  if (options.delete) return change(path, ({ accounts }) => unregister(accounts, name));
  // Before asking for a password that could not be set.
  change(path, ({ accounts }) => refuseLookalike(accounts, name));
  const password = await new Passwords().hash(await askForPassword());
  return change(path, ({ accounts }) => register(accounts, name, password)) + remark;
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
