/** Opens the socket to a server: TCP, and TLS over it if the server must prove its identity. */

import { messageOf } from "../../cli/system_errors.ts";
import { deadline } from "../../core/session/deadline.ts";
import { UnusableServer } from "../../core/session/transport.ts";
import { type Address, formatAddress, type Proof } from "./address.ts";
import { connectTcp } from "./tcp.ts";
import { anotherCertificate, certificateProblem, Untrusted } from "./trust_errors.ts";

/** Milliseconds for a server to accept, and for its TLS handshake. */
const TIMEOUT = 10_000;

/** The message for a server that does not speak TLS. */
export const NO_TLS = "no TLS is spoken there; for plain TCP write chat://";

/** Connects; rejects with an `Error` whose message is for a person: an {@linkcode Untrusted} if TLS refuses the server. */
export async function dial(address: Address): Promise<Deno.Conn> {
  const opening = open(address);
  try {
    const socket = await deadline(opening, TIMEOUT);
    if (socket !== undefined) return socket;
  } catch (error) {
    throw await explained(error, address);
  }
  // After a timeout nobody waits for the connection, so its late result is dropped.
  opening.then((socket) => socket.close(), () => undefined);
  throw new Error(`Cannot connect to ${formatAddress(address)}: no answer in 10 seconds`);
}

async function open({ hostname, port, proof }: Address): Promise<Deno.Conn> {
  const connect = async () => {
    const socket = await connectTcp(hostname, port);
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    return socket;
  };
  if (proof === undefined) return await connect();
  try {
    return await openTls(await connect(), proof, proof.authorities);
  } catch (error) {
    if (proof.fingerprint !== undefined || !/UnknownIssuer/.test(messageOf(error))) throw error;
    // Deno trusts authorities of its own; a company's, for example, only the system knows.
    const { systemAuthorities } = await import("./system_authorities.ts");
    const authorities = [...proof.authorities, ...await systemAuthorities()];
    return await openTls(await connect(), proof, authorities);
  }
}

async function openTls(
  socket: Deno.TcpConn,
  { name: hostname }: Proof,
  caCerts: readonly string[],
): Promise<Deno.Conn> {
  const tls = await Deno.startTls(socket, { hostname, caCerts: [...caCerts] });
  try {
    // Nothing is sent before the server has proved its identity.
    await tls.handshake();
  } catch (error) {
    tls.close();
    throw error;
  }
  return tls;
}

async function explained(error: unknown, address: Address): Promise<Error> {
  const message = error instanceof Error ? error.message : String(error);
  const refusal = /^invalid peer certificate: (.*)$/.exec(message)?.[1];
  if (refusal === undefined) return connectError(error, address);
  const problem = certificateProblem(refusal, address) ?? await anotherCertificate(address);
  return new Untrusted(problem, { cause: error });
}

function connectError(cause: unknown, address: Address): Error {
  const server = formatAddress(address);
  if (cause instanceof Deno.errors.NotCapable) {
    const problem = `Cannot connect to ${server}: chat-client was started without --allow-net`;
    return new UnusableServer(problem, { cause });
  }
  if (address.proof !== undefined && cause instanceof Deno.errors.InvalidData) {
    return new UnusableServer(`Cannot connect to ${server}: ${NO_TLS}`, { cause });
  }
  return new Error(connectProblem(cause, address), { cause });
}

function connectProblem(error: unknown, address: Address): string {
  const server = formatAddress(address);
  if (error instanceof Deno.errors.ConnectionRefused) {
    return `Cannot connect to ${server}: nothing listens there; is chat-server running?`;
  }
  const message = messageOf(error);
  if (/lookup address|not known|resolve/i.test(message)) {
    return `Cannot find the host "${address.hostname}": check its spelling and your network`;
  }
  return `Cannot connect to ${server}: ${message}`;
}
