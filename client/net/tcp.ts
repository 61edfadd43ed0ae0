/** TCP to a host that may have several addresses: each is tried (RFC 8305, "Happy Eyeballs"). */

import { deadline } from "../../core/session/deadline.ts";

/** Milliseconds that one address has before the next one is tried beside it. */
const ATTEMPT_DELAY = 250;

/** Connects to the first address of `hostname` that accepts. */
export async function connectTcp(hostname: string, port: number): Promise<Deno.TcpConn> {
  const connect = (address: string) => Deno.connect({ hostname: address, port, transport: "tcp" });
  return await connectAny(addressesOf(hostname), connect);
}

/** The host by its name, and then by its other addresses: of a name, Deno 2.6 tries only the first. */
async function* addressesOf(hostname: string): AsyncGenerator<string> {
  yield hostname;
  if (/^[\d.]+$|:/.test(hostname)) return;
  // Deno's own resolver does not read the hosts file; Node's modules are loaded only when needed.
  const [{ default: process }, { lookup }] = await Promise.all([
    import("node:process"),
    import("node:dns/promises"),
  ]);
  // Deno 2.6 would warn, on stderr, of a module that its own look-up uses.
  Object.assign(process, { noDeprecation: true });
  const found = await lookup(hostname, { all: true, verbatim: true }).catch(() => []);
  for (const { address } of found.slice(1)) yield address;
}

/**
 * The first connection to one of `addresses`, which are tried in turn: the next one when those
 * before have failed, or after {@linkcode ATTEMPT_DELAY}. Late connections are closed. Rejects
 * with a refusal where there was one, or as the first attempt did.
 */
export async function connectAny<Connection extends { close(): void }>(
  addresses: Iterable<string> | AsyncIterable<string>,
  connect: (address: string) => Promise<Connection>,
): Promise<Connection> {
  const attempts: Promise<Connection>[] = [];
  for await (const address of addresses) {
    attempts.push(connect(address));
    const accepted = Promise.any(attempts).catch(() => undefined);
    if (await deadline(accepted, ATTEMPT_DELAY) !== undefined) break;
  }
  try {
    const chosen = await Promise.any(attempts);
    for (const attempt of attempts) {
      attempt.then((late) => late !== chosen && late.close(), () => undefined);
    }
    return chosen;
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    const { errors } = error;
    throw errors.find((each) => each instanceof Deno.errors.ConnectionRefused) ?? errors[0];
  }
}
