/**
 * The claims of a log in memory.
 */

import { fold } from "../../../protocol/mod.ts";
import type {
  Claim,
  ClaimDraft,
  Outcome,
  PasswordDraft,
  Proof,
  RehashDraft,
  StoredClaim,
} from "../message_log.ts";

/** Claims, by the folds of their names. */
export class MemoryClaims {
  readonly #claims = new Map<string, StoredClaim>();
  #lastId = 0;

  /** The claim to that name. */
  stored(name: string): StoredClaim | undefined {
    return this.#claims.get(fold(name));
  }

  /** Registers a name. */
  claim({ name, password }: ClaimDraft): Outcome {
    if (this.stored(name) !== undefined) return { kind: "already claimed" };
    return this.#keep({ id: ++this.#lastId, name, edition: 1, password });
  }

  /** Gives a claim its next password. */
  changePassword({ proof, password }: PasswordDraft): Outcome {
    const claim = this.#current(proof);
    if (claim === undefined) return { kind: "outdated" };
    return this.#keep({ ...claim, edition: claim.edition + 1, password });
  }

  /** Keeps a claim's password in another way. */
  rehash({ proof, password }: RehashDraft): Outcome {
    const claim = this.#current(proof);
    if (claim === undefined) return { kind: "outdated" };
    this.#keep({ ...claim, password });
    return { kind: "kept" };
  }

  /** Deletes a claim, as `proof` knows it; false when that is no longer how it is. */
  remove(proof: Proof): boolean {
    const claim = this.#current(proof);
    return claim !== undefined && this.#claims.delete(fold(claim.name));
  }

  #current({ claim, edition }: Proof): StoredClaim | undefined {
    return [...this.#claims.values()].find((each) => each.id === claim && each.edition === edition);
  }

  #keep(stored: StoredClaim): Outcome {
    this.#claims.set(fold(stored.name), stored);
    const { id, name, edition }: Claim = stored;
    return { kind: "claimed", claim: { id, name, edition } };
  }
}
