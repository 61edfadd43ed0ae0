import { assertEquals } from "@std/assert";
import { Connection } from "../../../server/connection/connection.ts";
import { IoScheduler } from "../../../server/connection/io_scheduler.ts";
import { TlsEndpoint, TlsListener } from "../../../server/tls/listener.ts";
import { LoopTurns } from "../../../server/connection/event_loop.ts";
import { outerAddress, Own } from "../../fixtures/tls.ts";

/** Whether a connection over `hostname` may carry secrets. */
async function isSecureOver(hostname: string): Promise<boolean> {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  using listener = Deno.listen({ hostname, port: 0 });
  using _peer = await Deno.connect({ hostname, port: listener.addr.port });
  const connection = new Connection(await listener.accept(), 1, scheduler);
  connection.abort();
  return connection.isSecure;
}

Deno.test("a connection over loopback is secure, for it never leaves the machine", async () => {
  assertEquals(await isSecureOver("127.0.0.1"), true);
});

Deno.test({
  name: "a plain connection from elsewhere is not secure",
  ignore: outerAddress() === undefined,
  async fn() {
    assertEquals(await isSecureOver(outerAddress() as string), false);
  },
});

Deno.test({
  name: "a connection from elsewhere over TLS is secure",
  ignore: outerAddress() === undefined,
  async fn() {
    const hostname = outerAddress() as string;
    const endpoint = new TlsEndpoint(await (await Own.make()).load());
    const listener = new TlsListener(() => Deno.listen({ hostname, port: 0 }), endpoint);
    using _peer = await Deno.connect({ hostname, port: listener.addr.port });
    using turns = await LoopTurns.open();
    const connection = new Connection(await listener.accept(), 1, new IoScheduler(turns));
    connection.abort();
    listener.close();
    assertEquals(connection.isSecure, true);
  },
});
