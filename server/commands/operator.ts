/** `chat-server operator [NAME]`: the names that hold all rights in all rooms. */

import { toggle, type Values } from "../../cli/options.ts";
import type { AccountTable } from "../log/sqlite/tables/accounts.ts";
import {
  changeKnown,
  command,
  CommandFailure,
  DATA,
  dataPath,
  HELP,
  nameFrom,
} from "./parts/command.ts";

const OPTIONS = {
  data: DATA,
  delete: toggle("Take that away again; the name stays registered"),
  help: HELP,
};

/** `chat-server operator [NAME]`. */
export const operator = command({
  operands: ["[NAME]"],
  help: "Make a registered name an operator, or list the operators",
  description: `
Make NAME, which must be registered, an operator of the server: it holds all rights in all
rooms, and nobody can kick, mute or ban it. Without NAME, list the operators.
A server that uses the file need not be stopped: it knows within two seconds.`,
  options: OPTIONS,
  run: ([name], options) => Promise.resolve(run(name, options)),
});

function run(operand: string | undefined, options: Values<typeof OPTIONS>): string {
  if (operand === undefined && options.delete) {
    throw new CommandFailure(2, "Say whose rights: chat-server operator NAME --delete");
  }
  const name = operand === undefined ? undefined : nameFrom(operand);
  return changeKnown(dataPath(options.data), ({ accounts }) => {
    if (name === undefined) return list(accounts);
    return options.delete ? dismiss(accounts, name) : appoint(accounts, name);
  });
}

function list(accounts: AccountTable): string {
  const names = accounts.all().filter(({ isOperator }) => isOperator).map(({ name }) => name);
  return names.length === 0 ? "There is no operator." : names.toSorted().join("\n");
}

function appoint(accounts: AccountTable, name: string): string {
  const account = accounts.setOperator(name, true);
  if (account !== undefined) return `"${account.name}" is an operator.`;
  throw new CommandFailure(
    1,
    `"${name}" is not registered, and anyone may have it; first: chat-server passwd "${name}"`,
  );
}

function dismiss(accounts: AccountTable, name: string): string {
  if (accounts.stored(name)?.isOperator !== true) {
    throw new CommandFailure(1, `"${name}" is no operator`);
  }
  return `"${accounts.setOperator(name, false)?.name}" is an operator no more.`;
}
