/** The address of the operator's listener: `HOST:PORT`, or a part of it. Pure. */

import { hostAndPort } from "../../cli/host_port.ts";
import type { Option } from "../../cli/options.ts";

/** The port where none is given. */
export const OPS_PORT = 12349;

const FORM = /^(?:\[([\da-f:.]+)\]|([\w.-]+))?(?::(\d{1,5}))?$/i;

/** An address to listen on, or to ask. */
export interface OpsAddress {
  hostname: string;
  port: number;
}

/** Parses `HOST:PORT`, `HOST`, `:PORT` or `[HOST]:PORT`; `undefined` for anything else. */
export function parseOpsAddress(text: string): OpsAddress | undefined {
  const [match, bracketed, name, port = OPS_PORT] = FORM.exec(text) ?? [];
  if (match === undefined || match === "" || Number(port) > 65535) return undefined;
  return { hostname: bracketed ?? name ?? "127.0.0.1", port: Number(port) };
}

/** The option `--ops`; its value is in the full form. */
export const OPS_OPTION: Option<string | undefined> = {
  placeholder: "HOST:PORT",
  default: undefined,
  help: `Serve health checks and metrics there, such as 127.0.0.1:${OPS_PORT} [default: off]`,
  parse: (text) => {
    const address = parseOpsAddress(text);
    return address && hostAndPort(address);
  },
  expected: `must be HOST:PORT, such as 127.0.0.1:${OPS_PORT} or [::1]:${OPS_PORT}`,
};
