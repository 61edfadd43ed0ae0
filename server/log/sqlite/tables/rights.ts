/**
 * The tables of rights: roles, bans and codes of rooms, and the bans from the server. The
 * server's worker uses it, and the operator's commands beside a running server.
 */

import { type Access, fold, type Role, type TopicBy } from "../../../../protocol/mod.ts";
import type { RightsChange, StoredBan } from "../../rights.ts";
import type { Statements } from "./statements.ts";

/** The number that stands for the server among those of rooms, which begin at 1. */
const SERVER = 0;

interface BanRow {
  room: number;
  kind: StoredBan["kind"];
  name: string;
  addresses: string;
  by: string;
  reason: string | null;
  at: number;
  until: number | null;
}

/** Rights in one open database. Transactions are the caller's; all times are epoch milliseconds. */
export class RightsTable {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Applies changes to the rights of a room, by its id. */
  apply(room: number, changes: readonly RightsChange[]): void {
    for (const change of changes) this.#apply(room, change);
  }

  /** The rights of all rooms that have any, by their ids. */
  ofRooms(): Map<number, RightsChange[]> {
    const rights = new Map<number, RightsChange[]>();
    const add = (room: number, change: RightsChange) => {
      const changes = rights.get(room);
      if (changes === undefined) rights.set(room, [change]);
      else changes.push(change);
    };
    for (
      const { id, ...value } of this.#sql.all<
        { id: number; access: Access; slow: number; topicBy: TopicBy }
      >(
        `SELECT id, access, slow, topic_by AS topicBy FROM room
          WHERE access <> 'open' OR slow <> 0 OR topic_by <> 'all'`,
      )
    ) add(id, { kind: "settings", value });
    for (
      const { room, account, value } of this.#sql.all<
        { room: number; account: number; value: Role }
      >("SELECT room, claim AS account, role AS value FROM room_role")
    ) add(room, { kind: "role", account, value });
    for (
      const { room, session, value } of this.#sql.all<
        { room: number; session: string; value: string }
      >(
        `SELECT room, token_hash AS session, room_guest.name AS value
          FROM room_guest JOIN session USING (token_hash)`,
      )
    ) add(room, { kind: "guest", session, value });
    for (const row of this.#bans("room <> ?")) {
      const { kind, name } = row;
      if (kind !== "address") add(row.room, { kind, name, value: toBan(row) });
    }
    for (
      const { room, code, uses, until } of this.#sql.all<
        { room: number; code: string; uses: number; until: number }
      >("SELECT room, code, uses, until FROM room_code")
    ) add(room, { kind: "code", code, value: { uses, until } });
    return rights;
  }

  /** The bans from the server, also those that are over. */
  serverBans(): StoredBan[] {
    return this.#bans("room = ?").map(toBan);
  }

  /** Bans a name or an address from the server, or changes such a ban. */
  ban(ban: StoredBan): void {
    this.#putBan(SERVER, ban);
  }

  /** Lifts a ban from the server; false where there was none. */
  unban(kind: StoredBan["kind"], name: string): boolean {
    const known = this.serverBans().some((ban) =>
      ban.kind === kind && fold(ban.name) === fold(name)
    );
    this.#deleteBan(SERVER, kind, name);
    return known;
  }

  /** Sets the addresses of a name's ban from the server, if it is still the same one. */
  noteAddresses({ name, addresses = [], at }: StoredBan): void {
    this.#sql.run(
      `UPDATE room_ban SET addresses = ? WHERE room = ? AND kind = 'ban' AND fold = ? AND at = ?`,
      ...[JSON.stringify(addresses), SERVER, fold(name), at],
    );
  }

  /** Deletes the bans from the server that are over at `now`. */
  forgetServerBans(now: number): void {
    this.#sql.run("DELETE FROM room_ban WHERE room = ? AND until <= ?", SERVER, now);
  }

  #apply(room: number, change: RightsChange): void {
    switch (change.kind) {
      case "settings": {
        const { access, slow, topicBy } = change.value;
        return this.#sql.run(
          "UPDATE room SET access = ?, slow = ?, topic_by = ? WHERE id = ?",
          ...[access, slow, topicBy, room],
        );
      }
      case "role":
        return this.#put("room_role", "claim", "role", [room, change.account, change.value]);
      case "guest":
        return this.#put("room_guest", "token_hash", "name", [room, change.session, change.value]);
      case "code":
        return this.#putCode(room, change);
      default:
        if (change.value === undefined) this.#deleteBan(room, change.kind, change.name);
        else this.#putBan(room, change.value);
    }
  }

  #put(
    table: string,
    key: string,
    column: string,
    [room, id, value]: [room: number, id: number | string, value: string | undefined],
  ): void {
    if (value === undefined) {
      return this.#sql.run(`DELETE FROM ${table} WHERE room = ? AND ${key} = ?`, room, id);
    }
    this.#sql.run(
      `INSERT INTO ${table} (room, ${key}, ${column}) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET ${column} = excluded.${column}`,
      ...[room, id, value],
    );
  }

  #putCode(room: number, { code, value }: RightsChange & { kind: "code" }): void {
    this.#sql.run("DELETE FROM room_code WHERE room = ? AND code = ?", room, code);
    if (value === undefined) return;
    this.#sql.run(
      "INSERT INTO room_code (room, code, uses, until) VALUES (?, ?, ?, ?)",
      ...[room, code, value.uses, value.until],
    );
  }

  #putBan(room: number, { kind, name, addresses = [], by, reason, at, until }: StoredBan): void {
    this.#deleteBan(room, kind, name);
    this.#sql.run(
      `INSERT INTO room_ban (room, kind, fold, name, addresses, "by", reason, at, until)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[room, kind, fold(name), name, JSON.stringify(addresses)],
      ...[by, reason ?? null, at, until ?? null],
    );
  }

  #deleteBan(room: number, kind: StoredBan["kind"], name: string): void {
    this.#sql.run(
      "DELETE FROM room_ban WHERE room = ? AND kind = ? AND fold = ?",
      ...[room, kind, fold(name)],
    );
  }

  #bans(where: string): BanRow[] {
    return this.#sql.all<BanRow>(
      `SELECT room, kind, name, addresses, "by", reason, at, until FROM room_ban WHERE ${where}`,
      SERVER,
    );
  }
}

function toBan({ kind, name, addresses, by, reason, at, until }: BanRow): StoredBan {
  return {
    ...{ kind, name, addresses: JSON.parse(addresses), by, at },
    ...reason === null ? {} : { reason },
    ...until === null ? {} : { until },
  };
}
