/** The command line of `chat-server`. */

import { list, oneOf, text, toggle, type Values, wholeNumber } from "../cli/options.ts";
import { TLS_PORT } from "../protocol/fingerprint.ts";
import { REGISTRATION } from "./hub/state/room_limits.ts";
import { LIMIT_OPTIONS } from "./limit_options.ts";
import type { Sources } from "./config.ts";
import { OPS_OPTION } from "./ops/ops_address.ts";
import { readFile } from "./process/files.ts";
import { LOG_FORMATS, LOG_LEVELS } from "./process/logger.ts";

/** The longest timeout, in seconds. */
const MAX_TIMEOUT = 86_400;

/** Days: longer than anything is kept, and exact in milliseconds. */
const A_CENTURY = 36_500;

/** A host's name, or its address with or without brackets. */
const HOST_NAME = /^(?:[\w.-]+|\[?[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*\]?)$/i;

/** The options of `chat-server`. */
export const OPTIONS = {
  host: text("ADDRESS", "127.0.0.1", "Address to listen on; 0.0.0.0 or :: for all"),
  port: wholeNumber("PORT", 12345, [0, 65535], "Port to listen on; 0 picks a free one"),
  tls: toggle("Serve TLS too, with a certificate that the server issues itself"),
  "tls-port": wholeNumber("PORT", TLS_PORT, [0, 65535], "Port for TLS; 0 picks a free one"),
  "tls-cert": text(
    "FILE",
    undefined,
    "Serve TLS too, with this certificate and its chain, PEM [default: as --tls]",
  ),
  "tls-key": text("FILE", undefined, "The private key of --tls-cert, PEM [default: none]"),
  "tls-name": list("NAMES", {
    item: HOST_NAME,
    expected: "must be names or addresses without ports, with commas between them",
    help:
      "Names and addresses that the server's own certificate is for, beside --host [default: none]",
  }),
  plain: oneOf(
    ["host", "loopback", "off"],
    "loopback",
    "Who may use plain TCP beside TLS, and the page without it: as --host says, this machine, nobody",
  ),
  web: oneOf(["on", "off"], "on", "Serve a page to chat in, and WebSockets, on the same ports"),
  "web-name": list("NAMES", {
    item: HOST_NAME,
    expected: "must be names or addresses without ports, with commas between them",
    help:
      "Names by which browsers reach the page, beside localhost and its address [default: none]",
  }),
  "web-origin": list("ORIGINS", {
    item: /^https?:\/\/[^\s/]+$/i,
    expected: "must be origins, such as https://example.org, with commas between them",
    help: "Pages elsewhere that may open a WebSocket here [default: none]",
  }),
  proxy: toggle(
    "Take peers' addresses from a proxy on this machine: X-Forwarded-For, or PROXY version 2",
  ),
  data: text("FILE", undefined, "The log's file [default: chat.db in the state directory]"),
  memory: toggle("Keep the log in memory only; it is lost at the end"),
  sync: oneOf(
    ["full", "normal"],
    "full",
    "full: on the disk before anyone sees it; normal: may lose the last moments in a power cut",
  ),
  "retain-days": wholeNumber(
    "DAYS",
    0,
    [0, A_CENTURY],
    "Days that messages and directs are kept; 0 for ever",
  ),
  "retain-messages": wholeNumber(
    "COUNT",
    0,
    [0, 1_000_000_000],
    "Messages that a room keeps; 0 for all",
  ),
  "session-days": wholeNumber(
    "DAYS",
    30,
    [1, A_CENTURY],
    "Days that an absent client can come back and miss nothing",
  ),
  "handshake-timeout": wholeNumber(
    "SECONDS",
    10,
    [0, MAX_TIMEOUT],
    "Time in which a new connection must send `connect`; 0 for ever",
  ),
  "idle-timeout": wholeNumber(
    "SECONDS",
    60,
    [1, MAX_TIMEOUT],
    "Silence after which a client is pinged; after twice that, or more where it has much to read, it is disconnected",
  ),
  "registered-only": toggle("Accept registered names only; chat-server passwd registers them"),
  register: oneOf(
    REGISTRATION,
    "open",
    "Who may register a name: everyone, people who came with a room's invitation code, nobody",
  ),
  ...LIMIT_OPTIONS,
  ops: OPS_OPTION,
  "log-level": oneOf(LOG_LEVELS, "info", "Lowest level of the lines on stderr"),
  "log-format": oneOf(LOG_FORMATS, "text", "Lines for people or for programs"),
  config: text("FILE", undefined, "Options in a file, JSON with comments [default: none]"),
  help: toggle("Show this help and exit"),
  version: toggle("Show the version and exit"),
} as const;

/** The options that a running server reads again from its config file at SIGHUP. */
export const RELOADED: ReadonlySet<string> = new Set([
  ...Object.keys(LIMIT_OPTIONS),
  ...["retain-days", "retain-messages", "session-days"],
  ...["registered-only", "register", "log-level"],
]);

/** Where the options of this process come from. */
export const SOURCES: Sources = {
  env: (variable) => Deno.env.get(variable),
  readFile,
  shared: OPTIONS,
};

/** The values that {@linkcode OPTIONS} can take. */
export type ServerOptions = Values<typeof OPTIONS>;

/** Why options that are each valid contradict each other; `undefined` when they do not. */
export function contradiction(options: ServerOptions): string | undefined {
  const { memory, data, plain, "tls-cert": certificate, "tls-key": key } = options;
  if (memory && data !== undefined) return "--memory and --data exclude each other";
  if ((certificate === undefined) !== (key === undefined)) {
    return "--tls-cert and --tls-key need each other";
  }
  if (plain === "off" && !isTls(options)) return "--plain off needs --tls, or --tls-cert";
  if (options["tls-name"] !== undefined && (!options.tls || certificate !== undefined)) {
    return "--tls-name needs --tls, without --tls-cert";
  }
  if (options.web === "off") {
    for (const name of ["web-name", "web-origin"] as const) {
      if (options[name] !== undefined) return `--${name} needs --web on`;
    }
  }
  return undefined;
}

/** Whether TLS is served. */
export function isTls(options: ServerOptions): boolean {
  return options.tls || options["tls-cert"] !== undefined;
}
