/**
 * Whether a server that is reached over TLS is the intended one. Either an authority that
 * this machine trusts has signed its certificate; or it is known by the fingerprint of an
 * authority of its own: from the address, from an earlier connection, or confirmed by the
 * person on first use.
 */

import { UnusableServer } from "../../core/session/transport.ts";
import { OWN_NAME } from "../../protocol/fingerprint.ts";
import { type Address, formatAddress, type Proof } from "./address.ts";
import { dial, NO_TLS } from "./dial.ts";
import type { KnownServer, KnownServers } from "./known_servers.ts";
import type { OwnAuthority } from "./shown_certificate.ts";
import { formatServerUrl, type Pin } from "./server_url.ts";
import { mismatch, Untrusted } from "./trust_errors.ts";

/** The grounds for trust. */
export interface TrustStore {
  /** Authorities of `--ca` in PEM, trusted besides the well-known ones. */
  readonly authorities: readonly string[];
  readonly known: KnownServers;
  /** Asks the person; `undefined` if nobody can be asked. */
  readonly ask: ((question: string) => boolean) | undefined;
}

/** The address with the proof that its server must give. Rejects as {@linkcode dial} does. */
export async function proven(
  address: Address,
  { fingerprint }: Pin,
  store: TrustStore,
): Promise<Address> {
  const known = store.known.get(formatAddress(address));
  const proof = known && proofOf(known, address, store);
  if (fingerprint !== undefined && proof?.fingerprint !== fingerprint) {
    return await byFingerprint(address, fingerprint, store);
  }
  return proof === undefined ? await atFirstSight(address, store) : { ...address, proof };
}

function proofOf(known: KnownServer, { hostname }: Address, store: TrustStore): Proof {
  return known.trust === "authorities"
    ? { name: hostname, authorities: store.authorities }
    : ownProof(known.authority, known.fingerprint);
}

function ownProof(authority: string, fingerprint: string): Proof {
  return { name: OWN_NAME, authorities: [authority], fingerprint };
}

/** Trust by the fingerprint in the address, which takes precedence over what was known. */
async function byFingerprint(address: Address, fingerprint: string, store: TrustStore) {
  const shown = await ownAuthority(address);
  if (shown?.fingerprint !== fingerprint) {
    const expected = { ...address, proof: ownProof("", fingerprint) };
    throw new Untrusted(mismatch(expected, shown?.fingerprint));
  }
  return await remember(address, shown, store);
}

async function atFirstSight(address: Address, store: TrustStore): Promise<Address> {
  const proof = { name: address.hostname, authorities: store.authorities };
  const vouchedFor = { ...address, proof };
  try {
    (await dial(vouchedFor)).close();
  } catch (error) {
    if (!(error instanceof Untrusted)) throw error;
    const shown = await ownAuthority(address);
    if (shown === undefined) throw error;
    confirm(address, shown, store);
    return await remember(address, shown, store);
  }
  // From now on a self-issued certificate is no longer accepted.
  await store.known.set(formatAddress(address), { trust: "authorities" });
  return vouchedFor;
}

function confirm(address: Address, { fingerprint }: OwnAuthority, { ask }: TrustStore): void {
  const server = `chats://${formatAddress(address)}`;
  const isNew = `${server} is new here, and has made its certificate itself.`;
  if (ask === undefined) {
    throw new Untrusted(
      `${isNew} Ask whoever runs it for the fingerprint; ` +
        `if that is the same, write ${formatServerUrl(address, fingerprint)}`,
    );
  }
  const question = `${isNew} Its fingerprint is\n  ${fingerprint}\n` +
    "which the server has printed at its start. Trust it from now on?";
  if (!ask(question)) throw new Untrusted(`${server} is not trusted, and nothing was sent to it`);
}

async function remember(
  address: Address,
  { certificate, fingerprint }: OwnAuthority,
  { known }: TrustStore,
): Promise<Address> {
  await known.set(formatAddress(address), {
    trust: "fingerprint",
    fingerprint,
    authority: certificate,
  });
  return { ...address, proof: ownProof(certificate, fingerprint) };
}

async function ownAuthority(address: Address): Promise<OwnAuthority | undefined> {
  // If nothing listens there, this fails with a better message.
  (await dial(address)).close();
  const { fetchAuthority } = await import("./shown_certificate.ts");
  try {
    return await fetchAuthority(address);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const server = `chats://${formatAddress(address)}`;
    if (!/InvalidContentType/.test(error.message)) {
      throw new Error(`Cannot connect to ${server}: ${error.message}`);
    }
    throw new UnusableServer(`Cannot connect to ${server}: ${NO_TLS}`);
  }
}
