/**
 * A server as a person writes it, in one word: `HOST[:PORT]`, or a URL as specified in
 * `protocol/mod.ts`, `chat://HOST[:PORT][/ROOM]` and `chats://HOST[:PORT][/ROOM][#FINGERPRINT]`.
 * An invitation is such a URL with a code behind its room, `/ROOM?code=CODE`.
 */

import { parseFingerprint, TLS_PORT } from "../../protocol/fingerprint.ts";
import { isLongerThan, LIMITS } from "../../protocol/mod.ts";
import { type Address, DEFAULT_PORT, formatAddress, parseAddress } from "./address.ts";

/** A server, with the room and the pin of its URL. */
export interface ServerUrl {
  readonly address: Address;
  readonly room?: string;
  /** The invitation code for the room. */
  readonly code?: string;
  /** Present if the URL asks for TLS. */
  readonly tls?: Pin;
}

/** The fingerprint that the server's authority must have, if one is given. */
export interface Pin {
  readonly fingerprint?: string;
}

type Problem = { problem: string };

/** Parses a server URL, or a bare `HOST[:PORT]`. */
export function parseServerUrl(text: string): ServerUrl | Problem {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    const address = parseAddress(text);
    return "problem" in address ? address : { address };
  }
  if (scheme === "chat" || scheme === "chats") return parseUrl(text, scheme);
  return cannotUse(text, `"${scheme}" is not chat or chats`);
}

/** The `chats://` URL of a server with this fingerprint. */
export function formatServerUrl({ hostname, port }: Address, fingerprint: string): string {
  return `chats://${formatAddress({ hostname, port })}/#${fingerprint}`;
}

/** The URL that invites to a room of this server by a code. */
export function formatInvitation(address: Address, room: string, code: string): string {
  const { proof } = address;
  const pin = proof?.fingerprint === undefined ? "" : `#${proof.fingerprint}`;
  const server = `${proof === undefined ? "chat://" : ""}${formatAddress(address)}`;
  return `${server}/${encodeURIComponent(room)}?code=${encodeURIComponent(code)}${pin}`;
}

function parseUrl(text: string, scheme: "chat" | "chats"): ServerUrl | Problem {
  const [, server = "", path = "", query, fragment] =
    /^[^:]*:\/\/([^/?#]*)\/?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text) ?? [];
  const address = parseAddress(server, scheme === "chats" ? TLS_PORT : DEFAULT_PORT);
  if ("problem" in address) return cannotUse(text, `write ${scheme}://HOST[:PORT]/ROOM`);
  const room = decoded(path);
  if (room === undefined) return cannotUse(text, "in the room, write % as %25");
  const code = codeIn(query);
  if (typeof code === "object") return cannotUse(text, code.problem);
  if (code !== undefined && room === "") return cannotUse(text, "a code needs its ROOM before it");
  const proof = fragment === undefined ? {} : fingerprintIn(fragment, scheme);
  if ("problem" in proof) return cannotUse(text, proof.problem);
  return {
    address,
    ...room === "" ? {} : { room },
    ...code === undefined ? {} : { code },
    ...scheme === "chats" ? { tls: proof } : {},
  };
}

function fingerprintIn(fragment: string, scheme: "chat" | "chats"): Pin | Problem {
  if (scheme === "chat") return { problem: "a fingerprint needs TLS: write chats://" };
  const fingerprint = parseFingerprint(fragment);
  return fingerprint === undefined
    ? { problem: "behind # comes a fingerprint, 64 hexadecimal digits" }
    : { fingerprint };
}

function codeIn(query: string | undefined): string | undefined | Problem {
  if (query === undefined) return undefined;
  const code = /^code=([^&=]{1,})$/.exec(query)?.[1];
  const known = code === undefined ? undefined : decoded(code);
  return known !== undefined && !isLongerThan(known, LIMITS.id)
    ? known
    : { problem: `behind ? comes code=CODE, 1 to ${LIMITS.id} characters` };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return undefined;
  }
}

function cannotUse(text: string, reason: string): Problem {
  return { problem: `Cannot use "${text}" as a server: ${reason}` };
}
