/**
 * The part of a log that holds accounts and sessions: registered names, the hashes of
 * their passwords, and the state that a session comes back to.
 */

import { LIMITS } from "../../protocol/mod.ts";
import type { StoredBan } from "./rights.ts";

/** A name that needs its password. */
export interface Account {
  id: number;
  /** As it was written when it was registered. */
  name: string;
  /** Counts the passwords from 1; an authentication by an earlier one is void. */
  passwordVersion: number;
  /** Whether the name is an operator of the server. */
  isOperator?: boolean;
}

/** That a session has shown the password of an account. */
export interface Authentication {
  account: number;
  passwordVersion: number;
}

/** scrypt's parameters: rounds of memory, block size, repetitions. */
export interface ScryptCost {
  n: number;
  r: number;
  p: number;
}

/** The salted hash of a password, in hexadecimal, with its cost. */
export interface StoredPassword extends ScryptCost {
  salt: string;
  hash: string;
}

/** An account with the hash of its password. */
export interface StoredAccount extends Account {
  password: StoredPassword;
}

/** A session as it is now: opened, renamed, in other rooms. */
export interface SessionDraft {
  kind: "session";
  session: string;
  name: string;
  rooms: string[];
  authentication?: Authentication | undefined;
}

/** A session whose connection ended; it has seen its inbox up to `inboxSeen`. */
export interface AwayDraft {
  kind: "away";
  session: string;
  inboxSeen: number;
  /** Whether the server ended it, by stopping: the session counts as connected until then. */
  byServer: boolean;
}

/** A session that is over: its token is void. */
export interface QuitDraft {
  kind: "quit";
  session: string;
}

/** A name to be registered. */
export interface RegisterDraft {
  kind: "register";
  name: string;
  password: StoredPassword;
}

/** An account's next password, once the present one was shown. */
export interface PasswordDraft {
  kind: "password";
  authentication: Authentication;
  password: StoredPassword;
}

/** The same password of an account, kept in a way that costs more to guess. */
export interface RehashDraft {
  kind: "rehash";
  authentication: Authentication;
  password: StoredPassword;
}

/** An account that is given up; the account's sessions end with it, but for `session`. */
export interface UnregisterDraft {
  kind: "unregister";
  authentication: Authentication;
  session?: string | undefined;
}

/** A change to accounts or sessions, to be appended to the log as messages are. */
export type AccountDraft =
  | SessionDraft
  | AwayDraft
  | QuitDraft
  | RegisterDraft
  | PasswordDraft
  | RehashDraft
  | UnregisterDraft;

/** The outcomes that only such a draft has. */
export type AccountOutcome =
  /** The account as it is now. */
  | { kind: "account"; account: Account }
  /** The name was registered before. */
  | { kind: "already registered" }
  /** The account has another password by now, or is gone. */
  | { kind: "outdated" };

/** A session as the log knows it. */
export interface StoredSession {
  session: string;
  name: string;
  rooms: string[];
  /** The `seq` of the last direct message in its inbox, and of the last it has seen. */
  inboxSeq: number;
  inboxSeen: number;
  /** The highest `ref` that it has used. */
  ref: number;
  authentication?: Authentication;
}

/** The accounts and the bans of a server. */
export interface AccountsSnapshot {
  accounts: Account[];
  bans: StoredBan[];
}

/** A session of an account; `awaySince` is epoch milliseconds, left out while it has a connection. */
export interface AccountSession {
  session: string;
  awaySince?: number;
}

/** The log's accounts and sessions. Rejects with a {@linkcode LogFailure}; in the order of the calls. */
export interface AccountStore {
  /** The session of that token hash. Sees everything appended before. */
  session(tokenHash: string): Promise<StoredSession | undefined>;
  /** The account to that name. Sees everything appended before, here or by another process. */
  account(name: string): Promise<StoredAccount | undefined>;
  /** The sessions of an account: the ones that are away come first, the longest first. */
  accountSessions(account: number): Promise<AccountSession[]>;
  /** All accounts and the server's bans, if another process has changed the log since the last time. */
  changedAccounts(): Promise<AccountsSnapshot | undefined>;
}

/** Milliseconds for which a session without a connection keeps its name. */
export const NAME_HOLD = 120_000;

/** Sessions that an account keeps; beyond it, the one that has been away longest goes first. */
export const MAX_ACCOUNT_SESSIONS = LIMITS.sessions;
