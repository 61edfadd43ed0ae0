/** Errors for certificates that no option can make a client accept. */

import { assertEquals, assertMatch } from "@std/assert";
import { Home, runClient } from "../../fixtures/client.ts";
import { Certificates, Own, startTlsServer } from "../../fixtures/tls.ts";

Deno.test("--ca with the server's own certificate, which is an authority's, says what to make instead", async () => {
  await using home = new Home();
  await using certificates = await Certificates.make();
  const own = new Own(certificates.authority);
  own.shown = () => Promise.resolve(own.authority);
  await using chat = await startTlsServer(own);
  const url = `chats://localhost:${chat.tlsPort}`;
  for (const ca of [["--ca", certificates.ca], []]) {
    const { code, stderr } = await runClient(home, [url, "--name", "Alice", ...ca]);
    assertEquals([code, stderr.length], [1, 1]);
    assertMatch(stderr[0] ?? "", /is an authority's \(CA:TRUE\).*make another: .*CA:FALSE/);
  }
});
