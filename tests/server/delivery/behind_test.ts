/** Answers to a connection whose own message is kept while it is behind. */

import { assertEquals } from "@std/assert";
import { PatchedLog } from "../../fixtures/patched_log.ts";
import type { Received } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

/** One line for each event: its `id`, and what it is about. */
function gist({ type, id, payload }: Received): string {
  const { code, event, room, seq } = payload;
  const about = [code ?? event ?? type, room, type === "message" ? seq : undefined];
  return [id, ...about].filter((part) => part !== undefined).join(" ");
}

type Requests = readonly (readonly [type: string, payload: object, id: string])[];

const MINE = ["message", { room: "General", text: "mine", ref: 1 }, "mine"] as const;

/**
 * Alice resumes in General, where she has missed two messages. A third arrives, so that her own
 * message is stored and her later requests are handled while she is behind. Returns her events.
 */
async function hearsWhileBehind(...requests: Requests): Promise<string[]> {
  const patched = new PatchedLog();
  await using chat = await startServer({ log: patched.log });
  using bob = await chat.join("Bob");
  const say = async (text: string) => {
    await bob.send("message", { room: "General", text });
    await bob.settled();
  };
  await say("one");
  const first = patched.hold("read");
  using alice = await chat.connect("Alice", { since: { General: 0 } });
  await first.reached;
  await say("two");
  await bob.send("join", { room: "Lobby" });
  await bob.settled();
  const lines = [["join", { room: "Lobby" }, "lobby"] as const, MINE, ...requests, ["quit"]]
    .map(([type, payload = {}, id]) => JSON.stringify({ type, id, payload }));
  await alice.write(lines.map((line) => `${line}\n`).join(""));
  const second = patched.hold("read");
  first.open();
  await second.reached;
  // Once she is in the lobby, her message waits for the messages before it.
  while ((await bob.next())?.payload.event !== "joined");
  await say("three");
  const third = patched.hold("read");
  second.open();
  await third.reached;
  while ((await bob.next())?.payload.text !== "mine");
  await bob.settled();
  third.open();
  return (await alice.rest()).map(gist);
}

const MISSED = ["message General 1", "lobby joined Lobby", "message General 2"];

const CAUGHT_UP = ["message General 3", "mine message General 4"];

for (
  const [what, requests, answers] of [
    ["that quits gets its own message first", [], []],
    [
      "that leaves the room gets its own message first",
      [["leave", { room: "General" }, "leaving"]],
      ["leaving left General"],
    ],
    [
      "gets its own message before the answers to what it asked after it",
      [["ping", {}, "p"], ["topic", { room: "General" }, "t"], ["rename", { name: "Eve" }, "r"]],
      ["p pong", "t topic General", "r renamed"],
    ],
    [
      "that joins another room and talks there gets all of it in order",
      [["join", { room: "Music" }, "j"], ["message", { room: "Music", text: "hers" }, "hers"]],
      ["j joined Music", "hers message Music 1"],
    ],
    [
      "that joins another room from its start, and asks on, is answered in order",
      [["join", { room: "Music", since: 0 }, "j"], ["ping", {}, "p"]],
      ["j joined Music", "p pong"],
    ],
  ] as const
) {
  Deno.test(`a client that is behind and ${what}`, async () => {
    const heard = await hearsWhileBehind(...requests);
    const expected = [...MISSED, ...CAUGHT_UP, ...answers];
    assertEquals(heard.filter((event) => !/behind|caught_up/.test(event)), expected);
  });
}
