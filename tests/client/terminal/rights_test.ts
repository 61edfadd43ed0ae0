/** Rights of rooms at a terminal: an owner's commands, and what those whom they hit see. */

import { Home } from "../../fixtures/client.ts";
import { openAlice, terminalTest, Tmux } from "../../fixtures/tmux.ts";

const PASSWORD = "correct horse battery";

/** Registers the name at the terminal, and makes a room that belongs to it. */
async function ownRoom(tmux: Tmux, name: string, room: string): Promise<void> {
  await tmux.type("/register\r");
  for (const question of [`New password for ${name}`, "The same again"]) {
    await tmux.untilSeen(`${question}:`);
    await tmux.type(PASSWORD);
    await tmux.untilSeen(`${question}: ${"*".repeat(PASSWORD.length)}`);
    await tmux.press("Enter");
  }
  await tmux.untilSeen("is registered; from now on");
  await tmux.enter(`/join ${room}`);
  await tmux.untilSeen(`[${room}] -- ${name} has joined`);
}

terminalTest(
  "an owner runs a private room: link, mute, ban and its undoing, and the record of it",
  async (home, server) => {
    await using alice = await openAlice(home, server);
    await ownRoom(alice, "Alice", "Tea");
    await alice.enter("/access invite");
    await alice.untilSeen("-- Alice has changed the room: for invited people");
    await alice.enter("/invite --uses 2");
    const screen = await alice.untilSeen("?code=");
    const link = /chat:\S+/.exec(screen)?.[0] ?? "";
    await using second = new Home();
    await using bob = await Tmux.open(second);
    await bob.startClient(link, "--name", "Bob");
    await bob.untilIn("Tea");
    await alice.untilSeen("[Tea] -- Bob has joined");
    await alice.enter("/mute Bob 10m too loud");
    await bob.untilSeen("[Tea] -- Alice has muted Bob until");
    await alice.untilSeen("/unmute Bob lifts it");
    await bob.enter("may I?");
    await bob.untilSeen("Not sent to Tea: may I?");
    await alice.enter("/unmute Bob");
    await bob.untilSeen("-- Alice has given Bob the word back");
    await bob.enter("thank you");
    await alice.untilSeen("[Tea] Bob: thank you");
    await alice.enter("/ban Bob 2h spam");
    await bob.untilSeen("-- Alice has banned you from Tea until");
    await bob.untilSeen("You are in no room now");
    await alice.untilSeen("/unban Bob lifts the ban");
    await alice.enter("/bans");
    await alice.untilSeen("-- Bob is banned until");
    await bob.enter("/join Tea");
    await bob.untilSeen("!! Cannot enter Tea:");
    await alice.enter("/unban Bob");
    await alice.untilSeen("-- Alice has lifted the ban of Bob");
    await alice.enter("/log 2");
    const recorded = /-- 20[-\d]{8} [\d:]{5} Alice has banned Bob until [-\d]+ [\d:]+: spam/;
    await alice.until((screen) => recorded.test(screen));
    await alice.enter("/about");
    await alice.untilSeen("you are an owner:");
  },
);

terminalTest(
  "a person who is banned while the link is down is told, and goes on in the other rooms",
  async (home, first) => {
    const { port } = first;
    await using bob = await Tmux.open(home);
    {
      using alice = await first.join("Alice", "Lobby");
      await alice.send("register", { password: PASSWORD });
      await alice.send("join", { room: "Tea" });
      await alice.settled();
    }
    await bob.startClient(first.address, "--name", "Bob", "--room", "Work");
    await bob.untilIn("Work");
    await bob.enter("/join Tea");
    await bob.untilSeen("[Tea] -- Bob has joined");
    await first.kill("SIGKILL");
    await bob.untilSeen("is gone");
    {
      // On another port, so that Bob does not come back before he is banned.
      await using meanwhile = await home.serve();
      using alice = await meanwhile.join("Alice", "Tea", { password: PASSWORD });
      await alice.send("kick", { room: "Tea", name: "Bob", for: "ever", reason: "spam" });
      await alice.settled();
    }
    await using _last = await home.serve(port);
    await bob.enter("/reconnect");
    await bob.untilSeen("banned");
    await bob.untilIn("Work");
    await bob.enter("still here");
    await bob.untilSeen("[Work] Bob: still here");
  },
);
