import { assertEquals, assertStringIncludes } from "@std/assert";
import { Home } from "../../fixtures/client.ts";
import { Own, startTlsServer } from "../../fixtures/tls.ts";
import { hasTmux, Tmux } from "../../fixtures/tmux.ts";

Deno.test({
  name: "a person is shown a new server's fingerprint, and asked once",
  ignore: !hasTmux,
  async fn() {
    await using home = new Home();
    const own = await Own.make();
    await using chat = await startTlsServer(own);
    const url = `chats://127.0.0.1:${chat.tlsPort}/Ops`;
    await using tmux = await Tmux.open(home, 100);
    const refusal = `chats://127.0.0.1:${chat.tlsPort} is not trusted, and nothing was sent to it`;
    await tmux.startClient(url, "--name", "Alice");
    const question = await tmux.untilSeen("Trust it from now on? [y/N]");
    assertStringIncludes(question, await own.print);
    await tmux.press("Enter");
    assertStringIncludes(await tmux.untilSeen("ended 1"), refusal);
    assertEquals(chat.log.filter((line) => line.includes("session opened")), []);
    await tmux.startClient(url, "--name", "Alice");
    await tmux.untilSeen("Trust it from now on? [y/N]");
    await tmux.type("y");
    await tmux.press("Enter");
    await tmux.untilIn("Ops");
    await tmux.type("exit");
    await tmux.press("Enter");
    await tmux.untilSeen("ended 0");
    await tmux.startClient(url, "--name", "Alice");
    await tmux.untilIn("Ops");
    await tmux.type("over TLS");
    await tmux.press("Enter");
    await tmux.untilSeen("Alice: over TLS");
  },
});
