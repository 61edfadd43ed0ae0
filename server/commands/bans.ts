/** `chat-server ban`, `unban` and `bans`: names and addresses that the server admits no more. */

import { text, type Values, wholeNumber } from "../../cli/options.ts";
import { FieldError, reason as reasonField } from "../../protocol/fields.ts";
import { escapeForTerminal, fold, LIMITS } from "../../protocol/mod.ts";
import { inWords } from "../hub/rights/words.ts";
import type { StoredBan } from "../log/rights.ts";
import { bannedAddress } from "../limits/banned_address.ts";
import type { SharedTables } from "../log/sqlite/change_log.ts";
import type { RightsTable } from "../log/sqlite/tables/rights.ts";
import { DAY } from "../process/time.ts";
import {
  changeKnown,
  command,
  CommandFailure,
  DATA,
  dataPath,
  HELP,
  nameFrom,
} from "./parts/command.ts";

/** A name, or the key of an address with itself as the only one of its addresses. */
type Target = Pick<StoredBan, "name" | "addresses"> & { kind: "ban" | "address" };

/** Days of the longest ban that ends. */
const LONGEST = LIMITS.ban * 1000 / DAY;

const BAN_OPTIONS = {
  data: DATA,
  days: wholeNumber("DAYS", 7, [0, LONGEST], "Days that the ban holds; 0 for ever"),
  reason: text("TEXT", undefined, "Why, in the words that the banned are shown [default: none]"),
  help: HELP,
};

/** `chat-server ban NAME|ADDRESS`. */
export const ban = command({
  operands: ["NAME|ADDRESS"],
  missing: "Say whom to ban",
  help: "Ban a name, or an address, from the server",
  description: `
Ban a name with those that look like it or, for an IP address, everyone who connects from there;
of IPv6 that is the address's /64. The ban ends by itself. A ban of a name holds for the
addresses that it is connected from, too, but for a day at most, and not for other registered names.
Open connections are told until when and why, and closed. Another ban of the same name or address
takes the place of the first. Operators cannot be banned.
A server that uses the file need not be stopped: it knows within two seconds.`,
  options: BAN_OPTIONS,
  run: ([operand = ""], options) => Promise.resolve(runBan(operand, options)),
});

/** `chat-server unban NAME|ADDRESS`. */
export const unban = command({
  operands: ["NAME|ADDRESS"],
  missing: "Say whose ban",
  help: "Lift such a ban",
  description: `
Lift the ban of a name or an address, as chat-server bans shows it.
A server that uses the file need not be stopped: it knows within two seconds.`,
  options: { data: DATA, help: HELP },
  run: ([operand = ""], { data }) => Promise.resolve(runUnban(operand, dataPath(data))),
});

/** `chat-server bans`. */
export const bans = command({
  operands: [],
  help: "List the bans from the server",
  description: `
List the names and addresses that the server has banned: until when, since when, and why.
The bans of a room are listed by its moderators, with /bans in chat-client.`,
  options: { data: DATA, help: HELP },
  run: (_, { data }) =>
    Promise.resolve(changeKnown(dataPath(data), ({ rights }) => listBans(rights))),
});

function runBan(operand: string, options: Values<typeof BAN_OPTIONS>): string {
  const target = targetFrom(operand);
  const reason = checkedReason(options.reason);
  return changeKnown(dataPath(options.data), (tables) => {
    refuseOperator(tables, target);
    const at = Date.now();
    const until = options.days === 0 ? undefined : at + options.days * DAY;
    const ban = { ...target, by: "operator", at, until, reason };
    tables.rights.forgetServerBans(at);
    tables.rights.ban(ban);
    return `${described(target)} is banned ${inWords(ban)}.`;
  });
}

function runUnban(operand: string, path: string): string {
  const target = targetFrom(operand);
  return changeKnown(path, ({ rights }) => {
    rights.forgetServerBans(Date.now());
    if (rights.unban(target.kind, target.name)) return `${described(target)} is banned no more.`;
    throw new CommandFailure(1, `${described(target)} is not banned`);
  });
}

function listBans(rights: RightsTable): string {
  rights.forgetServerBans(Date.now());
  const lines = rights.serverBans().map(line);
  return lines.length === 0 ? "Nobody is banned." : lines.join("\n");
}

function line(ban: StoredBan): string {
  const since = inWords({ until: ban.at }).replace("until", "since");
  const why = ban.reason === undefined ? "" : `: ${escapeForTerminal(ban.reason)}`;
  return `${ban.name}, ${inWords(ban)}, ${since}${why}`;
}

/** The target that an operand names. Throws a {@linkcode CommandFailure} where it is no name and no address. */
function targetFrom(operand: string): Target {
  const address = bannedAddress(operand);
  if (address === undefined) return { kind: "ban", name: nameFrom(operand) };
  if ("key" in address) return { kind: "address", name: address.key, addresses: [address.key] };
  throw new CommandFailure(2, `Cannot ban "${operand}": ${address.problem}`);
}

/** Nobody can ban an operator: whoever wants to takes that away first. */
function refuseOperator({ accounts }: SharedTables, { kind, name }: Target): void {
  if (kind === "address") return;
  const account = accounts.all().find((each) => fold(each.name) === fold(name));
  if (account?.isOperator !== true) return;
  throw new CommandFailure(
    1,
    `"${account.name}" is an operator; first: chat-server operator "${account.name}" --delete`,
  );
}

function checkedReason(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const parsed = reasonField.parse(written);
  if (parsed instanceof FieldError) throw new CommandFailure(2, `--reason ${parsed.rule}`);
  return parsed;
}

function described({ kind, name }: Target): string {
  return kind === "address" ? name : `"${name}"`;
}
