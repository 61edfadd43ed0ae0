/** A client in a pipe, and a server that breaks the rules. */

import { assertEquals } from "@std/assert";
import { encode } from "../../../protocol/mod.ts";
import { ClientProcess, Home } from "../../fixtures/client.ts";
import { LineReader } from "../../fixtures/process.ts";
import { acknowledgement } from "../../fuzz/events.ts";

// The number as a key keeps JSON.stringify from its fast way, which needs no stack.
const DEEP = `{"0":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;

const MISINFORMATION: [what: string, line: string][] = [
  ["a line that is not JSON", "nonsense"],
  ["a line that is nested too deep to be written", `{"type":"news","payload":${DEEP}}`],
];

for (const [what, line] of MISINFORMATION) {
  Deno.test(`--json leaves out ${what}, and goes on`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using home = new Home();
    const { port } = listener.addr;
    await using client = new ClientProcess(home, [`127.0.0.1:${port}`, "--name", "Ada", "--json"]);
    const conn = await listener.accept();
    const requests = new LineReader(conn.readable);
    await requests.until('"connect"');
    const lines = [
      encode(acknowledgement("Ada", "General")),
      `${line}\n`,
      encode({ type: "notification", payload: { message: "after it" } }),
    ];
    await writeAll(conn, lines.join(""));
    await client.stdout.until('"connect_ack"');
    const next = await client.stdout.next();
    assertEquals(next?.slice(0, 80), '{"type":"notification","payload":{"message":"after it"}}');
    await conn.closeWrite();
    const [ended, ...more] = await client.stdout.rest();
    assertEquals([ended?.includes('"state":"ended"'), more], [true, []]);
    await requests.rest();
  });
}

async function writeAll(conn: Deno.Conn, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await conn.write(bytes));
}
