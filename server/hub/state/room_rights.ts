/**
 * The rights of one room as they are now: settings, roles, bans, codes. Changes count as soon
 * as they are decided, and are taken back where the log could not keep them. Pure.
 */

import { fold, type Role } from "../../../protocol/mod.ts";
import { keyOf, type RightsChange, type RoomSettings, type StoredBan } from "../../log/rights.ts";
import { areToldApart, skeletonsOf } from "./skeletons.ts";

/** Milliseconds for which a ban by name holds for the name's addresses. */
const ADDRESS_BAN = 86_400_000;

const OPEN: RoomSettings = { access: "open", slow: 0, topicBy: "all" };

/** The part of a session, or of one to be opened, that rights go by. */
export interface Person {
  readonly name: string;
  readonly fold: string;
  readonly skeletons: readonly string[];
  readonly authentication?: { readonly account: number } | undefined;
  readonly tokenHash?: string | undefined;
  readonly connection?: { readonly addressKey?: string | undefined } | undefined;
}

/** A ban or a mute by what it hits. */
export class Ban {
  readonly stored: StoredBan;
  readonly fold: string;
  readonly #skeletons: readonly string[];

  constructor(stored: StoredBan) {
    this.stored = stored;
    this.fold = fold(stored.name);
    this.#skeletons = skeletonsOf(stored.name);
  }

  /** Whether it still holds; `epoch` is in milliseconds. */
  holds(epoch: number): boolean {
    return (this.stored.until ?? Infinity) > epoch;
  }

  /** Whether it hits a person by the very name. */
  names({ fold }: Person): boolean {
    return this.stored.kind !== "address" && this.fold === fold;
  }

  /** Whether it hits a person by a name that looks like it, or by the address. */
  resembles({ name, skeletons, connection }: Person, epoch: number): boolean {
    const { kind, addresses = [], at } = this.stored;
    const address = connection?.addressKey;
    const isFresh = kind === "address" || epoch < at + ADDRESS_BAN;
    if (address !== undefined && isFresh && addresses.includes(address)) return true;
    return kind !== "address" && skeletons.some((each) => this.#skeletons.includes(each)) &&
      !areToldApart(name, this.stored.name);
  }
}

/** The rights of one room. */
export class RoomRights {
  /** Whether the log has them. A room's first owner is kept with the first thing in the room. */
  isKept = false;
  readonly #values = new Map<string, RightsChange>();
  /** The values that the log has, of keys that have changes on their way there. */
  readonly #kept = new Map<string, { value: RightsChange | undefined; pending: number }>();
  #bans: readonly Ban[] | undefined;
  /** When names below `voice` spoke last, in milliseconds of the hub's clock. */
  readonly #spokeAt = new Map<string, number>();

  /** Takes over what the log has. */
  constructor(changes: readonly RightsChange[] = []) {
    for (const change of changes) this.#set(keyOf(change), change);
    this.isKept = changes.length > 0;
  }

  get settings(): RoomSettings {
    return this.#get("settings", "settings")?.value ?? OPEN;
  }

  /** The role of an account. */
  roleOf(account: number): Role | undefined {
    return this.#get("role", `role ${account}`)?.value;
  }

  /** The accounts that have `role`. */
  withRole(role: Role): number[] {
    return this.#all("role").filter(({ value }) => value === role).map(({ account }) => account);
  }

  /** The sessions without an account that may come back, by token hash, with the names they came with. */
  get guests(): { session: string; value: string | undefined }[] {
    return this.#all("guest");
  }

  isGuest(tokenHash: string): boolean {
    return this.#values.has(`guest ${tokenHash}`);
  }

  /** The uses and the time that are left of a code. */
  code(code: string): { uses: number; until: number } | undefined {
    return this.#get("code", `code ${code}`)?.value;
  }

  get codes(): readonly (RightsChange & { kind: "code" })[] {
    return this.#all("code");
  }

  /** Bans and mutes, also those that are over. */
  get bans(): readonly Ban[] {
    return this.#bans ??= [...this.#all("ban"), ...this.#all("mute")]
      .flatMap(({ value }) => value === undefined ? [] : [new Ban(value)]);
  }

  /** All values, as changes. */
  get all(): readonly RightsChange[] {
    return [...this.#values.values()];
  }

  /** Applies changes that are on their way to the log. */
  apply(changes: readonly RightsChange[]): void {
    for (const change of changes) {
      const key = keyOf(change);
      const kept = this.#kept.get(key) ?? { value: this.#values.get(key), pending: 0 };
      kept.pending++;
      this.#kept.set(key, kept);
      this.#set(key, change);
    }
  }

  /** Notes that the log has kept changes. */
  settle(changes: readonly RightsChange[]): void {
    this.isKept = true;
    for (const change of changes) {
      const kept = this.#kept.get(keyOf(change));
      if (kept !== undefined) kept.value = change;
      this.#arrived(keyOf(change));
    }
  }

  /** Takes back changes that the log could not keep, but for keys that have changed again since. */
  reject(changes: readonly RightsChange[]): void {
    for (const change of changes) {
      const key = keyOf(change);
      const kept = this.#arrived(key);
      if (kept?.pending === 0) this.#set(key, kept.value);
    }
  }

  /** Milliseconds until `speaker` may speak again in slow mode. */
  slowFor({ fold }: Person, now: number): number {
    const last = this.#spokeAt.get(fold) ?? -Infinity;
    return Math.max(0, last + this.settings.slow * 1000 - now);
  }

  /** Notes that a person speaks, under slow mode. */
  noteSpeech({ fold }: Person, now: number): void {
    const { slow } = this.settings;
    if (slow === 0) return;
    if (this.#spokeAt.size > 1000) {
      for (const [name, at] of this.#spokeAt) {
        if (at + slow * 1000 <= now) this.#spokeAt.delete(name);
      }
    }
    this.#spokeAt.set(fold, now);
  }

  #arrived(key: string) {
    const kept = this.#kept.get(key);
    if (kept !== undefined && --kept.pending === 0) this.#kept.delete(key);
    return kept;
  }

  #set(key: string, change: RightsChange | undefined): void {
    if (change?.value === undefined) this.#values.delete(key);
    else this.#values.set(key, change);
    this.#bans = undefined;
  }

  #get<Kind extends RightsChange["kind"]>(kind: Kind, key: string) {
    const change = this.#values.get(key);
    return change?.kind === kind ? change as RightsChange & { kind: Kind } : undefined;
  }

  #all<Kind extends RightsChange["kind"]>(kind: Kind): (RightsChange & { kind: Kind })[] {
    return [...this.#values.values()].filter((change) => change.kind === kind) as (
      & RightsChange
      & { kind: Kind }
    )[];
  }
}
