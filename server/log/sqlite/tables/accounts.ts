/**
 * The table of accounts, and the sessions that belong to them. The server's worker
 * uses it, and `chat-server passwd` beside a running server.
 */

import { fold } from "../../../../protocol/mod.ts";
import type {
  Account,
  AccountSession,
  Authentication,
  PasswordDraft,
  RegisterDraft,
  RehashDraft,
  StoredAccount,
  StoredPassword,
} from "../../account_store.ts";
import type { Outcome } from "../../message_log.ts";
import type { Statements } from "./statements.ts";

/** The columns of an account. The file's names are older than the code's: migrations froze them. */
const ACCOUNT = "id, name, edition AS passwordVersion, operator";

type AccountRow = Omit<Account, "isOperator"> & { operator: number };

/** Accounts in one open database. Transactions are the caller's. */
export class AccountTable {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Every account. */
  all(): Account[] {
    return this.#sql.all<AccountRow>(`SELECT ${ACCOUNT} FROM claim`).map(toAccount);
  }

  /** The account to that name. */
  stored(name: string): StoredAccount | undefined {
    const row = this.#sql.get<AccountRow & StoredPassword>(
      `SELECT ${ACCOUNT}, salt, hash, n, r, p FROM claim WHERE fold = ?`,
      fold(name),
    );
    if (row === undefined) return undefined;
    const { salt, hash, n, r, p } = row;
    return { ...toAccount(row), password: { salt, hash, n, r, p } };
  }

  /** The sessions of an account: the ones that are away come first, the longest first. */
  sessionsOf(account: number): AccountSession[] {
    return this.#sql.all<{ session: string; awaySince: number | null }>(
      `SELECT token_hash AS session, away_since AS awaySince FROM session WHERE claim = ?
        ORDER BY away_since IS NULL, away_since, id`,
      account,
    ).map(({ session, awaySince }) => awaySince === null ? { session } : { session, awaySince });
  }

  /** The token hashes of an account's sessions. */
  tokensOf(account: number): string[] {
    return this.sessionsOf(account).map(({ session }) => session);
  }

  /** Registers a name. */
  register({ name, password }: RegisterDraft, now: number): Outcome {
    if (this.stored(name) !== undefined) return { kind: "already registered" };
    const { salt, hash, n, r, p } = password;
    this.#sql.run(
      `INSERT INTO claim (fold, name, salt, hash, n, r, p, made_at, changed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[fold(name), name, salt, hash, n, r, p, now, now],
    );
    return this.#changed(this.stored(name) as StoredAccount);
  }

  /** Gives an account its next password. */
  changePassword({ authentication, password }: PasswordDraft, now: number): Outcome {
    const account = this.#current(authentication);
    if (account === undefined) return { kind: "outdated" };
    this.#sql.run(
      "UPDATE claim SET edition = edition + 1, changed_at = ? WHERE id = ?",
      now,
      account.id,
    );
    this.#keep(account.id, password);
    return this.#changed({ ...account, passwordVersion: account.passwordVersion + 1 });
  }

  /** Keeps an account's password in another way. */
  rehash({ authentication, password }: RehashDraft): Outcome {
    const account = this.#current(authentication);
    if (account === undefined) return { kind: "outdated" };
    this.#keep(account.id, password);
    return { kind: "kept" };
  }

  /** Makes an account an operator of the server, or takes that away; the account as it is then. */
  setOperator(name: string, isOperator: boolean): Account | undefined {
    this.#sql.run("UPDATE claim SET operator = ? WHERE fold = ?", isOperator ? 1 : 0, fold(name));
    const row = this.#sql.get<AccountRow>(
      `SELECT ${ACCOUNT} FROM claim WHERE fold = ?`,
      fold(name),
    );
    return row === undefined ? undefined : toAccount(row);
  }

  /** Deletes an account with its roles, as `authentication` knows it; false when that is no longer how it is. */
  remove(authentication: Authentication): boolean {
    const account = this.#current(authentication);
    if (account === undefined) return false;
    this.#sql.run("DELETE FROM claim WHERE id = ?", account.id);
    this.#sql.run("DELETE FROM room_role WHERE claim = ?", account.id);
    return true;
  }

  /** Deletes an account with its sessions and their inboxes. */
  drop(authentication: Authentication): void {
    if (!this.remove(authentication)) return;
    const sessions = "SELECT id FROM session WHERE claim = ?";
    this.#sql.run(`DELETE FROM direct WHERE inbox IN (${sessions})`, authentication.account);
    this.#sql.run("DELETE FROM session WHERE claim = ?", authentication.account);
  }

  #current({ account, passwordVersion }: Authentication): Account | undefined {
    const row = this.#sql.get<AccountRow>(
      `SELECT ${ACCOUNT} FROM claim WHERE id = ? AND edition = ?`,
      account,
      passwordVersion,
    );
    return row === undefined ? undefined : toAccount(row);
  }

  #keep(account: number, { salt, hash, n, r, p }: StoredPassword): void {
    this.#sql.run(
      "UPDATE claim SET salt = ?, hash = ?, n = ?, r = ?, p = ? WHERE id = ?",
      ...[salt, hash, n, r, p, account],
    );
  }

  #changed({ id, name, passwordVersion, isOperator }: Account): Outcome {
    return {
      kind: "account",
      account: { id, name, passwordVersion, ...isOperator ? { isOperator } : {} },
    };
  }
}

function toAccount({ id, name, passwordVersion, operator }: AccountRow): Account {
  return { id, name, passwordVersion, ...operator === 1 ? { isOperator: true } : {} };
}
