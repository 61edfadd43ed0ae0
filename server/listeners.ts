/** The listeners of a server: for plain TCP, for TLS, or for both; and the page that they serve. */

import { hostAndPort, isLoopback, reachable } from "../cli/host_port.ts";
import { itemsOf } from "../cli/options.ts";
import { messageOf } from "../cli/system_errors.ts";
import { shortageOf } from "./process/system_limits.ts";
import type { Logger } from "./process/logger.ts";
import { isTls, type ServerOptions } from "./options.ts";
import { StartFailure } from "./process/start_failure.ts";
import type { Listener, TransportListener } from "./connection/connection.ts";
import { Ops } from "./ops/ops.ts";
import { parseOpsAddress } from "./ops/ops_address.ts";
import type { Tls } from "./tls/tls.ts";
import { readPage } from "./web/page.ts";
import { ProxyListener } from "./web/proxy.ts";
import { Site } from "./web/site.ts";
import { WebListener } from "./web/first_byte.ts";

/** The listeners that the options ask for; their user closes them. */
export interface Listeners {
  readonly plain: TransportListener | undefined;
  readonly tls: Tls | undefined;
  /** The page; `undefined` where none is served. */
  readonly site: Site | undefined;
}

/** Opens them. `log` is the path of the server's log, if it has one. Rejects with a {@linkcode StartFailure}. */
export async function openListeners(
  options: ServerOptions,
  log: string | undefined,
  logger: Logger,
): Promise<Listeners> {
  const tls = isTls(options) ? await openTls(options, log, logger) : undefined;
  try {
    return { plain: await openPlain(options), tls, site: openSite(options) };
  } catch (error) {
    tls?.close();
    throw error;
  }
}

/** The listeners from which the server accepts connections. */
export function sourcesOf({ plain, tls, site }: Listeners): Listener[] {
  if (site === undefined) return [plain, tls].filter((each) => each !== undefined);
  return [
    ...plain === undefined ? [] : [new WebListener(plain, site, tls?.over.bind(tls))],
    ...tls === undefined ? [] : [new WebListener(tls, site)],
  ];
}

/** The addresses of the page, for people on this machine. */
export function describePages({ plain, tls, site }: Listeners): string[] {
  if (site?.hasPage !== true) return [];
  const pages = [];
  if (plain !== undefined) pages.push(`http://${hostAndPort(reachable(plain.addr))}/`);
  if (tls !== undefined) pages.push(`https://${hostAndPort(reachable(tls.addr))}/`);
  return pages;
}

/** The names and addresses of a list, these without brackets. */
function namesOf(list: string | undefined): string[] {
  return itemsOf(list).map((name) => name.replace(/^\[|\]$/g, ""));
}

function openSite(options: ServerOptions): Site | undefined {
  if (options.web === "off") return undefined;
  return new Site({
    page: readPage(),
    allowed: {
      names: [options.host, ...namesOf(options["tls-name"]), ...namesOf(options["web-name"])],
      origins: itemsOf(options["web-origin"]),
    },
    isPlainAllowed: options.plain === "host",
  });
}

/** Opens the operator's listener, where `--ops` asks for it. Throws a {@linkcode StartFailure}. */
export async function openOps(
  { ops }: ServerOptions,
  version: string,
): Promise<Ops | undefined> {
  const address = ops === undefined ? undefined : parseOpsAddress(ops);
  if (address === undefined) return undefined;
  const { hostname: host, port } = address;
  return await orFailure({ host, port, option: "ops" }, () => new Ops(address, version));
}

/** One line for each listener, for people. */
export function describeListeners({ plain, tls }: Listeners): string[] {
  const lines = plain === undefined ? [] : [hostAndPort(plain.addr)];
  if (tls === undefined) return lines;
  const proof = tls.fingerprint === undefined ? "" : `, fingerprint ${tls.fingerprint}`;
  return [...lines, `${hostAndPort(tls.addr)} with TLS${proof}`];
}

/** Logs what an operator must know of the listeners. */
export function logListeners(
  { plain, tls }: Listeners,
  ops: Ops | undefined,
  logger: Logger,
): void {
  tls?.report("certificate loaded");
  if (ops !== undefined && !isLoopback(ops.addr.hostname)) {
    logger.log("warn", "metrics are open", {
      address: hostAndPort(ops.addr),
      advice: "everyone who reaches that address can read them; use a firewall, or loopback",
    });
  }
  if (plain === undefined || isLoopback(plain.addr.hostname)) return;
  logger.log("warn", "not encrypted", {
    address: hostAndPort(plain.addr),
    advice: "anyone on the way can read along; --tls, without --plain host, keeps plain TCP on " +
      "this machine",
  });
}

async function openTls(
  options: ServerOptions,
  log: string | undefined,
  logger: Logger,
): Promise<Tls> {
  const { host, "tls-port": port } = options;
  return await orFailure({ host, port, option: "tls-port" }, async () => {
    // The code that makes certificates is loaded only where one is needed.
    const { Tls, certificateSource } = await import("./tls/tls.ts");
    const source = await certificateSource({
      host,
      names: namesOf(options["tls-name"]),
      files: certificateFiles(options),
      directory: log === undefined ? undefined : `${log}-tls`,
    });
    return await Tls.open(source, () => listen(host, port, options), logger);
  });
}

function certificateFiles({ "tls-cert": certificate, "tls-key": key }: ServerOptions) {
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

async function openPlain(options: ServerOptions): Promise<TransportListener | undefined> {
  const { port } = options;
  const host = plainHost(options);
  if (host === undefined) return undefined;
  return await orFailure(
    { host, port, option: "port" },
    () => listen(host, port, options),
  );
}

function listen(hostname: string, port: number, { proxy }: ServerOptions): TransportListener {
  const listener = Deno.listen({ hostname, port });
  return proxy ? new ProxyListener(listener) : listener;
}

/** Beside TLS, plain TCP stays on this machine unless it was asked for. */
export function plainHost(options: ServerOptions): string | undefined {
  const { host, plain } = options;
  if (!isTls(options) || plain === "host") return host;
  if (plain === "off") return undefined;
  return isLoopback(host) ? host : "127.0.0.1";
}

/** The option that names the port which cannot be had. */
type PortOption = "port" | "tls-port" | "ops";

async function orFailure<Opened>(
  { host, port, option }: { host: string; port: number; option: PortOption },
  open: () => Opened | Promise<Opened>,
): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof StartFailure) throw error;
    const reason = reasonOf(error, option);
    throw new StartFailure(`Cannot listen on ${host} port ${port}: ${reason}`);
  }
}

function reasonOf(error: Error, option: PortOption): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `the port is taken; stop what uses it, or choose another with --${option}`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  const shortage = shortageOf(error);
  return shortage === undefined ? error.message : `${messageOf(error)}; ${shortage.advice}`;
}
