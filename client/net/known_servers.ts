/**
 * The servers that were met over TLS, and by what each is known since: a file of
 * lines, kept beside the outbox. Who was met under one proof is not taken under another.
 */

import { messageOf } from "../../cli/system_errors.ts";
import { openPrivate, type StateFile } from "../files/state_files.ts";

/** By what a server is known. */
export type KnownServer =
  /** An authority that this machine knows vouches for it. */
  | { trust: "authorities" }
  /** It has an authority of its own, whose fingerprint was confirmed. */
  | { trust: "fingerprint"; fingerprint: string; authority: string };

/** The file. */
export class KnownServers {
  readonly #path: string | undefined;

  /** Without a directory nobody is known, and nobody will be. */
  constructor(directory: string | undefined) {
    this.#path = directory === undefined ? undefined : `${directory}/known-servers.jsonl`;
  }

  /** By what `server` (`HOST:PORT`) is known; `undefined` for a stranger. */
  get(server: string): KnownServer | undefined {
    return parse(this.#read()).get(server);
  }

  /** Knows `server` by this from now on, or as long as the disk lets it. */
  async set(server: string, as: KnownServer): Promise<void> {
    if (this.#path === undefined) return;
    try {
      const file = await openPrivate(this.#path);
      if (file !== undefined) keep(file, server, as);
    } catch (error) {
      // Whoever is not kept is a stranger again; what ails the disk, the outbox says.
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

/** A line that can't be read is nobody's: its server is a stranger again. */
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
