/** Messages of a person's absence, in a real terminal: all are counted, and can be shown. */

import { assert, assertStringIncludes } from "@std/assert";
import { openAlice, terminalTest } from "../../fixtures/tmux.ts";

terminalTest(
  "of many unread messages the last are shown, and the others stay unread until they are",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    using bob = await server.join("Bob");
    await bob.send("message", { text: "seen" });
    await tmux.untilSeen("Bob: seen");
    await tmux.press("C-d");
    await tmux.untilSeen("ended 0");
    for (let number = 1; number <= 300; number++) {
      await bob.send("message", { text: `unread ${number}` });
    }
    await bob.settled();
    const start = async () => {
      await tmux.startClient(server.address, "--name", "Alice");
      await tmux.untilSeen("Bob: unread 300");
      await tmux.untilIn("General");
      return (await tmux.everything()).join("\n");
    };
    const leave = async () => {
      await tmux.press("C-d");
      await tmux.untilSeen("ended 0");
    };
    const first = await start();
    assertStringIncludes(first, "300 unread");
    assertStringIncludes(first, "100 messages in General not shown: /history shows them");
    assert(!first.includes("Bob: unread 100\n"), first);
    await tmux.enter("/unread");
    await tmux.untilSeen("General: 300 unread");
    await leave();
    // Nothing of it was marked as read.
    assertStringIncludes(await start(), "300 unread");
    await tmux.enter("/history 100");
    await tmux.untilSeen("Bob: unread 100");
    await tmux.enter("/unread");
    await tmux.untilSeen("Nothing is unread");
    await leave();
    await tmux.startClient(server.address, "--name", "Alice");
    await tmux.untilSeen("Bob: unread 300");
    await tmux.untilIn("General");
    assert(!(await tmux.screen()).includes("unread ─"), await tmux.screen());
  },
);
