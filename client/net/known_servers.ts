/**
 * The servers that were reached over TLS, and the kind of proof by which each is known: a
 * file of lines beside the outbox. A server known by one kind of proof is not accepted
 * with another.
 */

import { messageOf } from "../../cli/system_errors.ts";
import { openPrivate, type StateFile } from "../files/state_files.ts";

/** The kind of proof by which a server is known. */
export type KnownServer =
  /** A certificate of an authority that this machine trusts. */
  | { trust: "authorities" }
  /** A certificate under an authority of its own, whose fingerprint was confirmed. */
  | { trust: "fingerprint"; fingerprint: string; authority: string };

/** The file. */
export class KnownServers {
  readonly #path: string | undefined;

  /** Without a directory, no server is known or remembered. */
  constructor(directory: string | undefined) {
    this.#path = directory === undefined ? undefined : `${directory}/known-servers.jsonl`;
  }

  /** The proof of `server` (`HOST:PORT`); `undefined` if it is unknown. */
  get(server: string): KnownServer | undefined {
    return parse(this.#read()).get(server);
  }

  /** Remembers `server`, if the file can be written. */
  async set(server: string, as: KnownServer): Promise<void> {
    if (this.#path === undefined) return;
    try {
      const file = await openPrivate(this.#path);
      if (file !== undefined) keep(file, server, as);
    } catch (error) {
      // The server will be unknown next time; the outbox reports what is wrong with the disk.
      if (!(error instanceof Error)) throw error;
    }
  }

  #read(): string {
    if (this.#path === undefined) return "";
    try {
      return Deno.readTextFileSync(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw new Error(`Cannot tell who is known: ${this.#path}: ${messageOf(error)}`);
    }
  }
}

function keep(file: StateFile, server: string, as: KnownServer): void {
  try {
    const known = parse(file.read()).set(server, as);
    const lines = Array.from(known, ([server, rest]) => JSON.stringify({ server, ...rest }));
    file.replace(lines.map((line) => line + "\n").join(""));
  } finally {
    file.close();
  }
}

/** Lines that cannot be parsed are skipped: their servers are unknown again. */
function parse(text: string): Map<string, KnownServer> {
  const known = new Map<string, KnownServer>();
  for (const line of text.split("\n")) {
    const { server, ...rest } = parseLine(line);
    const as = checked(rest);
    if (server !== undefined && as !== undefined) known.set(server, as);
  }
  return known;
}

function parseLine(line: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {};
  }
}

function checked({ trust, fingerprint, authority }: Record<string, string>) {
  if (trust === "authorities") return { trust } as const;
  if (trust !== "fingerprint" || fingerprint === undefined || authority === undefined) {
    return undefined;
  }
  return { trust, fingerprint, authority } as const;
}
