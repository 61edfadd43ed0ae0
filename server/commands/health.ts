/** `chat-server health`: asks a server's `--ops` listener whether it is ready, for containers. */

import { hostAndPort, reachable } from "../../cli/host_port.ts";
import { messageOf } from "../../cli/system_errors.ts";
import { escapeForTerminal } from "../../protocol/mod.ts";
import { OPS_OPTION, OPS_PORT, type OpsAddress, parseOpsAddress } from "../ops/ops_address.ts";
import { writeAll } from "../connection/write_all.ts";
import { command, CommandFailure, CONFIG, HELP } from "./parts/command.ts";

/** Milliseconds for the answer. */
const TIMEOUT = 5000;

/** The most bytes of an answer: its head, and one line. */
const MAX_ANSWER = 16_384;

/** `chat-server health [ADDRESS]`. */
export const health = command({
  operands: ["[ADDRESS]"],
  help: "Ask a running server whether it is ready",
  description: `
Ask the server whose --ops is ADDRESS whether it is ready for clients, and print its answer. Without
ADDRESS it is that of --ops, of CHAT_SERVER_OPS or of the config file, or 127.0.0.1:${OPS_PORT}.

Exit codes: 0 it is ready, 1 it is not, or does not answer, 2 wrong usage`,
  options: { ops: OPS_OPTION, config: CONFIG, help: HELP },
  run: ([given], { ops }) => askReadiness(given ?? ops ?? `127.0.0.1:${OPS_PORT}`),
});

async function askReadiness(given: string): Promise<string> {
  const address = parseOpsAddress(given);
  if (address === undefined) throw new CommandFailure(2, `ADDRESS ${OPS_OPTION.expected}`);
  const answer = await ask(reachable(address));
  const [, status = "", body = ""] = /^HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n([^]*)$/.exec(answer) ?? [];
  const shown = escapeForTerminal(body.trim());
  if (status === "200") return shown;
  const reason = status === "503" ? `not ready: ${shown}` : "what answers there is no chat-server";
  throw new CommandFailure(1, reason);
}

/** Not `fetch`, which would ask the proxy of the environment. */
async function ask(address: OpsAddress): Promise<string> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), TIMEOUT);
  try {
    const conn = await Deno.connect({ ...address, signal: late.signal });
    return await Promise.race([exchange(conn, hostAndPort(address)), aborted(late.signal)]);
  } catch (error) {
    const reason = late.signal.aborted ? `no answer in ${TIMEOUT / 1000} s` : messageOf(error);
    throw new CommandFailure(1, `Cannot ask ${hostAndPort(address)}: ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(conn: Deno.TcpConn, host: string): Promise<string> {
  using _closed = conn;
  const request = `GET /readyz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
  await writeAll(conn, new TextEncoder().encode(request));
  return await readAll(conn);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

async function readAll(conn: Deno.TcpConn): Promise<string> {
  const bytes = new Uint8Array(MAX_ANSWER);
  let count = 0;
  while (count < bytes.length) {
    const more = await conn.read(bytes.subarray(count));
    if (more === null) break;
    count += more;
  }
  return new TextDecoder().decode(bytes.subarray(0, count));
}
