/**
 * The table of claims, and the sessions that belong to them. The server's worker
 * uses it, and `chat-server passwd` beside a running server.
 */

import { fold } from "../../../protocol/mod.ts";
import type {
  Claim,
  ClaimDraft,
  ClaimSession,
  Outcome,
  PasswordDraft,
  Proof,
  RehashDraft,
  StoredClaim,
  StoredPassword,
} from "../message_log.ts";
import type { Statements } from "./statements.ts";

type ClaimRow = Claim & StoredPassword;

/** Claims in one open database. Transactions are the caller's. */
export class ClaimTable {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Every claim. */
  all(): Claim[] {
    return this.#sql.all<Claim>("SELECT id, name, edition FROM claim").map((row) => ({ ...row }));
  }

  /** The claim to that name. */
  stored(name: string): StoredClaim | undefined {
    const row = this.#sql.get<ClaimRow>(
      "SELECT id, name, edition, salt, hash, n, r, p FROM claim WHERE fold = ?",
      fold(name),
    );
    if (row === undefined) return undefined;
    const { id, edition, salt, hash, n, r, p } = row;
    return { id, name: row.name, edition, password: { salt, hash, n, r, p } };
  }

  /** The sessions of a claim: first those that are away, the longest first. */
  sessionsOf(claim: number): ClaimSession[] {
    return this.#sql.all<{ session: string; awaySince: number | null }>(
      `SELECT token_hash AS session, away_since AS awaySince FROM session WHERE claim = ?
        ORDER BY away_since IS NULL, away_since, id`,
      claim,
    ).map(({ session, awaySince }) => awaySince === null ? { session } : { session, awaySince });
  }

  /** The token hashes of a claim's sessions. */
  tokensOf(claim: number): string[] {
    return this.sessionsOf(claim).map(({ session }) => session);
  }

  /** Registers a name. */
  claim({ name, password }: ClaimDraft, now: number): Outcome {
    if (this.stored(name) !== undefined) return { kind: "already claimed" };
    const { salt, hash, n, r, p } = password;
    this.#sql.run(
      `INSERT INTO claim (fold, name, salt, hash, n, r, p, made_at, changed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[fold(name), name, salt, hash, n, r, p, now, now],
    );
    return this.#claimed(this.stored(name) as StoredClaim);
  }

  /** Gives a claim its next password. */
  changePassword({ proof, password }: PasswordDraft, now: number): Outcome {
    const claim = this.#current(proof);
    if (claim === undefined) return { kind: "outdated" };
    this.#sql.run(
      "UPDATE claim SET edition = edition + 1, changed_at = ? WHERE id = ?",
      now,
      claim.id,
    );
    this.#keep(claim.id, password);
    return this.#claimed({ ...claim, edition: claim.edition + 1 });
  }

  /** Keeps a claim's password in another way. */
  rehash({ proof, password }: RehashDraft): Outcome {
    const claim = this.#current(proof);
    if (claim === undefined) return { kind: "outdated" };
    this.#keep(claim.id, password);
    return { kind: "kept" };
  }

  /** Deletes a claim, as `proof` knows it; false when that is no longer how it is. */
  remove(proof: Proof): boolean {
    const claim = this.#current(proof);
    if (claim !== undefined) this.#sql.run("DELETE FROM claim WHERE id = ?", claim.id);
    return claim !== undefined;
  }

  /** Deletes a claim with its sessions and their inboxes. */
  drop(proof: Proof): void {
    if (!this.remove(proof)) return;
    const sessions = "SELECT id FROM session WHERE claim = ?";
    this.#sql.run(`DELETE FROM direct WHERE inbox IN (${sessions})`, proof.claim);
    this.#sql.run("DELETE FROM session WHERE claim = ?", proof.claim);
  }

  #current({ claim, edition }: Proof): Claim | undefined {
    const row = this.#sql.get<Claim>(
      "SELECT id, name, edition FROM claim WHERE id = ? AND edition = ?",
      claim,
      edition,
    );
    return row === undefined ? undefined : { ...row };
  }

  #keep(claim: number, { salt, hash, n, r, p }: StoredPassword): void {
    this.#sql.run(
      "UPDATE claim SET salt = ?, hash = ?, n = ?, r = ?, p = ? WHERE id = ?",
      ...[salt, hash, n, r, p, claim],
    );
  }

  #claimed({ id, name, edition }: Claim): Outcome {
    return { kind: "claimed", claim: { id, name, edition } };
  }
}
