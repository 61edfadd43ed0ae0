/**
 * A broadcaster that parses nothing: everyone gets the bytes that anyone sends. It
 * writes like the chat – the input of one turn leaves as one run of bytes – and does
 * nothing else, so the difference to it is the cost of the chat itself.
 *
 *     deno run --allow-net broadcaster.ts PORT
 */

import { setImmediate } from "node:timers";

type Bytes = Uint8Array<ArrayBuffer>;

const conns = new Map<Deno.TcpConn, Bytes[]>();
const writing = new Set<Deno.TcpConn>();
let gathered: Bytes[] = [];

const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
for await (const conn of listener) serve(conn);

async function serve(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay(true);
  conns.set(conn, []);
  const buffer = new Uint8Array(4096);
  try {
    for (;;) {
      const count = await conn.read(buffer);
      if (count === null) break;
      if (gathered.length === 0) setImmediate(broadcast);
      gathered.push(buffer.slice(0, count));
    }
  } catch {
    // The peer is gone.
  }
  conns.delete(conn);
  conn.close();
}

function broadcast(): void {
  const bytes = joined(gathered);
  gathered = [];
  for (const [conn, queue] of conns) {
    queue.push(bytes);
    if (!writing.has(conn)) write(conn, queue);
  }
}

async function write(conn: Deno.TcpConn, queue: Bytes[]): Promise<void> {
  writing.add(conn);
  try {
    while (queue.length > 0) {
      const bytes = joined(queue.splice(0));
      for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    }
  } catch {
    // The reading side notices it.
  }
  writing.delete(conn);
}

function joined(parts: readonly Bytes[]): Bytes {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
