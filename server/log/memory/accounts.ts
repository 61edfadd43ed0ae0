/**
 * The accounts of a log in memory.
 */

import { fold } from "../../../protocol/mod.ts";
import type {
  Account,
  Authentication,
  PasswordDraft,
  RegisterDraft,
  RehashDraft,
  StoredAccount,
} from "../account_store.ts";
import type { Outcome } from "../message_log.ts";

/** Accounts, by the folds of their names. */
export class MemoryAccounts {
  readonly #accounts = new Map<string, StoredAccount>();
  #lastId = 0;

  /** The account to that name. */
  stored(name: string): StoredAccount | undefined {
    return this.#accounts.get(fold(name));
  }

  /** Registers a name. */
  register({ name, password }: RegisterDraft): Outcome {
    if (this.stored(name) !== undefined) return { kind: "already registered" };
    return this.#keep({ id: ++this.#lastId, name, passwordVersion: 1, password });
  }

  /** Gives an account its next password. */
  changePassword({ authentication, password }: PasswordDraft): Outcome {
    const account = this.#current(authentication);
    if (account === undefined) return { kind: "outdated" };
    return this.#keep({ ...account, passwordVersion: account.passwordVersion + 1, password });
  }

  /** Keeps an account's password in another way. */
  rehash({ authentication, password }: RehashDraft): Outcome {
    const account = this.#current(authentication);
    if (account === undefined) return { kind: "outdated" };
    this.#keep({ ...account, password });
    return { kind: "kept" };
  }

  /** Deletes an account, as `authentication` knows it; false when that is no longer how it is. */
  remove(authentication: Authentication): boolean {
    const account = this.#current(authentication);
    return account !== undefined && this.#accounts.delete(fold(account.name));
  }

  #current({ account, passwordVersion }: Authentication): StoredAccount | undefined {
    return [...this.#accounts.values()].find((each) =>
      each.id === account && each.passwordVersion === passwordVersion
    );
  }

  #keep(stored: StoredAccount): Outcome {
    this.#accounts.set(fold(stored.name), stored);
    const { id, name, passwordVersion }: Account = stored;
    return { kind: "account", account: { id, name, passwordVersion } };
  }
}
