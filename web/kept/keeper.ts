/** What an account keeps beside its outbox: drafts, refused messages, settings, direct messages. */

import type { Item } from "../../core/chat/items.ts";
import { fold } from "../../protocol/mod.ts";
import { type Database, rangeOf } from "./database.ts";

type DirectItem = Extract<Item, { kind: "direct" }>;
type FailedItem = Extract<Item, { kind: "failed" }>;

/** The kept values of an account. */
export interface Values {
  /** The room that was shown last. */
  readonly room?: string | undefined;
  /** What is being typed, by the key of its place. */
  readonly drafts: Readonly<Record<string, string>>;
  /** Own messages that were refused, until they are sent again or discarded. */
  readonly failed: readonly FailedItem[];
  /** Keys of places that call nobody. */
  readonly muted: readonly string[];
  /** Whether new messages are announced to a screen reader. */
  readonly announces: boolean;
  /** Whether the person wants notifications; `undefined` before they were asked. */
  readonly notifies?: boolean;
}

const NOTHING: Values = { drafts: {}, failed: [], muted: [], announces: true };

/** Direct messages that are kept: the server has no history of them. */
const MOST_DIRECTS = 1_000;

/** Keeps the values of one account. */
export class Keeper {
  readonly account: string;
  readonly directs: readonly DirectItem[];
  readonly #database: Database | undefined;
  readonly #failed: (reason: string) => void;
  #values: Values;
  #next: number;
  #writing: Promise<void> | undefined;
  #isStale = false;

  private constructor(
    account: string,
    parts: { database: Database | undefined; failed: (reason: string) => void },
    { values, directs, next }: { values: Values; directs: DirectItem[]; next: number },
  ) {
    this.account = account;
    this.#database = parts.database;
    this.#failed = parts.failed;
    this.#values = values;
    this.directs = directs;
    this.#next = next;
  }

  /** Reads what is kept; `failed` is called when something cannot be kept. */
  static async open(
    account: string,
    database: Database | undefined,
    failed: (reason: string) => void,
  ): Promise<Keeper> {
    const values = await database?.get<Values>("account", account) ?? NOTHING;
    const records = await database?.all<DirectItem & { number: number }>("directs", account) ?? [];
    const next = (records.at(-1)?.number ?? 0) + 1;
    const old = IDBKeyRange.bound([account, 0], [account, Math.max(0, next - MOST_DIRECTS)]);
    await database?.write("directs", (store) => store.delete(old));
    const directs = records.slice(-MOST_DIRECTS);
    return new Keeper(account, { database, failed }, {
      values: { ...NOTHING, ...values },
      directs,
      next,
    });
  }

  get values(): Values {
    return this.#values;
  }

  /** The `seq` of the last direct message in the session's inbox; those after it are sent again. */
  get lastDirectSeq(): number | undefined {
    // What this session said itself has another inbox's number.
    const received = this.directs.filter(({ direct: { ref, to, sender } }) =>
      ref === undefined || fold(to) === fold(sender)
    );
    return received.length === 0
      ? undefined
      : Math.max(...received.map(({ direct }) => direct.seq));
  }

  /** Changes values; the last state is written, however quickly they change. */
  keep(change: Partial<Values>): void {
    this.#values = { ...this.#values, ...change };
    this.#isStale = true;
    this.#writing ??= this.#write();
  }

  /** Keeps a direct message. */
  addDirect(item: DirectItem): void {
    const number = this.#next++;
    const record = { ...item, number };
    this.#database?.write("directs", (store) => store.put(record, [this.account, number]))
      .catch((error: Error) => this.#failed(error.message));
  }

  /** Forgets the direct messages. */
  async forgetDirects(): Promise<void> {
    await this.#database?.write("directs", (store) => store.delete(rangeOf(this.account)));
  }

  async #write(): Promise<void> {
    while (this.#isStale && this.#database !== undefined) {
      this.#isStale = false;
      try {
        await this.#database.set(this.#values, "account", this.account);
      } catch (error) {
        this.#failed((error as Error).message);
      }
    }
    this.#writing = undefined;
  }
}
