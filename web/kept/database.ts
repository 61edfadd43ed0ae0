/// <reference lib="dom" />
/**
 * What the page keeps: journals of outboxes, direct messages, and small values such as drafts.
 * All of it is in IndexedDB, whose transactions survive the end of the browser once complete;
 * localStorage may lose what was written in the seconds before a kill.
 */

import type { Store } from "../../core/session/store.ts";

const NAME = "chat";
const STORES = ["journal", "directs", "values"] as const;
type StoreName = typeof STORES[number];

/** The page's database. Every method rejects as IndexedDB does. */
export class Database {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** Opens it, and makes it on the first visit; rejects where a browser keeps nothing. */
  static async open(): Promise<Database> {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () =>
      STORES.forEach((each) => request.result.createObjectStore(each));
    return new Database(await answerOf(request));
  }

  /** The value with this key. */
  async get<Value>(...key: string[]): Promise<Value | undefined> {
    return await answerOf(this.#database.transaction("values").objectStore("values").get(key));
  }

  /** Keeps a value. */
  set(value: unknown, ...key: string[]): Promise<void> {
    return this.write("values", (store) => store.put(value, key));
  }

  /** All values of an account, in the order of their numbers. */
  all<Value>(name: StoreName, account: string): Promise<Value[]> {
    return answerOf(this.#database.transaction(name).objectStore(name).getAll(rangeOf(account)));
  }

  /** Changes a store in one transaction; resolves when that is complete. */
  write(name: StoreName, change: (store: IDBObjectStore) => void): Promise<void> {
    // What was said must survive a power cut too; a draft is written at each key.
    const durability = name === "journal" ? "strict" : "relaxed";
    const transaction = this.#database.transaction(name, "readwrite", { durability });
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(failureOf(transaction.error));
      change(transaction.objectStore(name));
    });
  }

  /** The store of an account's outbox. */
  journal(account: string): Store {
    return new Journal(this, account);
  }
}

/** The keys `[account, number]`. */
export function rangeOf(account: string): IDBKeyRange {
  return IDBKeyRange.bound([account, 0], [account, Infinity]);
}

/**
 * A journal as one record for each write. Its owner's mark stands beside it: a tab that has
 * lost the account to another must not write into what that one has read.
 */
class Journal implements Store {
  readonly #database: Database;
  readonly #account: string;
  readonly #owner = Math.random();
  #next = 1;

  constructor(database: Database, account: string) {
    this.#database = database;
    this.#account = account;
  }

  async read(): Promise<string> {
    await this.#database.write("journal", (store) => store.put(this.#owner, this.#key(0)));
    const [, ...records] = await this.#database.all<string>("journal", this.#account);
    // Numbers are never used twice, so that a record cannot replace another.
    this.#next = records.length === 0 ? 1 : await this.#lastNumber() + 1;
    return records.join("");
  }

  append(text: string): Promise<void> {
    return this.#write((store) => store.add(text, this.#key(this.#next++)));
  }

  replace(text: string): Promise<void> {
    return this.#write((store) => {
      store.delete(IDBKeyRange.bound(this.#key(1), this.#key(Infinity)));
      if (text !== "") store.add(text, this.#key(this.#next++));
    });
  }

  close(): void {}

  #key(number: number): [string, number] {
    return [this.#account, number];
  }

  #write(change: (store: IDBObjectStore) => void): Promise<void> {
    return this.#database.write("journal", (store) => {
      store.get(this.#key(0)).onsuccess = ({ target }) => {
        if ((target as IDBRequest).result === this.#owner) change(store);
        else store.transaction.abort();
      };
    });
  }

  #lastNumber(): Promise<number> {
    let last = 0;
    return this.#database.write("journal", (store) => {
      store.openKeyCursor(rangeOf(this.#account), "prev").onsuccess = ({ target }) => {
        const cursor = (target as IDBRequest<IDBCursor | null>).result;
        last = (cursor?.key as [string, number] | undefined)?.[1] ?? 0;
      };
    }).then(() => last);
  }
}

function answerOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failureOf(request.error));
  });
}

/** A transaction without an error of its own was aborted because another tab owns the journal. */
function failureOf(error: DOMException | null): Error {
  const reason = error?.message ?? "this chat goes on in another tab";
  return new Error(`Cannot keep anything in this browser: ${reason}`);
}
