/** `--json --retry`: nothing that was said while the link was lost is missed, in whatever state it was lost. */

import { assertEquals } from "@std/assert";
import { JsonPosition } from "../../../client/lines/json_position.ts";
import { ClientProcess, Home } from "../../fixtures/client.ts";

/** Bob's messages before Alice's client connects and while it is away, and how they were shown. */
const ROOMS: [room: string, before: string[], typed: string[]][] = [
  ["Quiet", [], []],
  ["Old", ["long ago"], []],
  ["Joined", ["long ago"], ['{"type": "join", "payload": {"room": "Joined"}}']],
];

for (const [room, before, typed] of ROOMS) {
  Deno.test(`--json --retry gets what was said while away: ${room}`, async () => {
    await using home = new Home();
    await using first = await home.serve();
    {
      using bob = await first.join("Bob", room);
      for (const text of before) await bob.send("message", { room, text });
      await bob.settled();
      await bob.send("quit");
      await bob.rest();
    }
    const own = typed.length === 0 ? room : "Elsewhere";
    const args = [first.address, "--name", "Alice", "--room", own, "--json", "--retry", "60"];
    await using client = new ClientProcess(home, args);
    await client.stdout.until('"connect_ack"');
    await client.type(...typed);
    if (typed.length > 0) await client.stdout.until('"joined"');
    await first.kill("SIGKILL");
    await client.stdout.until('"offline"');
    // On another port, so that the client connects only after all messages.
    {
      await using meanwhile = await home.serve();
      using bob = await meanwhile.join("Bob", room);
      await bob.send("message", { room, text: "away 1" });
      await bob.send("direct", { to: "Alice", text: "direct" });
      await bob.send("message", { room, text: "away 2" });
      await bob.settled();
    }
    await using _second = await home.serve(first.port);
    const { code, stdout } = await client.finish();
    const said = stdout.map((line) => JSON.parse(line))
      .filter(({ type }) => type === "message" || type === "direct")
      .map(({ payload }) => payload.text);
    assertEquals([code, said.sort()], [0, ["away 1", "away 2", "direct"]]);
  });
}

Deno.test("what --json asks for begins after what it was sent, whatever it was called", () => {
  const position = new JsonPosition("Alice");
  assertEquals(position.since, {});
  const rooms = [{ room: "General", seq: 5 }, { room: "Work", seq: 0 }];
  position.take({ type: "connect_ack", payload: { message: "", name: "alice", rooms, direct: 2 } });
  const direct = { sender: "Bob", to: "Alice", text: "", seq: 3, at: 0 };
  position.take({ type: "direct", payload: direct });
  position.take({ type: "direct", payload: { ...direct, sender: "Alice", to: "Bob", seq: 90 } });
  const message = { sender: "Bob", room: "General", text: "", seq: 6, at: 0 };
  position.take({ type: "message", payload: message });
  const notify = (payload: { event: "joined" | "left" | "renamed"; name: string }) =>
    position.take({ type: "notification", payload: { message: "", ...payload } });
  notify({ event: "renamed", name: "Alice", new_name: "Ada" } as never);
  notify({ event: "joined", name: "Ada", room: "Ops", seq: 7 } as never);
  notify({ event: "joined", name: "Bob", room: "Work", seq: 9 } as never);
  notify({ event: "left", name: "ADA", room: "Work" } as never);
  assertEquals(position.since, { since: { General: 6, Ops: 7 }, direct_since: 3 });
  // A new log.
  const anew = [{ room: "General", seq: 1 }];
  position.take({ type: "connect_ack", payload: { message: "", rooms: anew, direct: 0 } });
  assertEquals(position.since, { since: { General: 1, Ops: 7 }, direct_since: 0 });
});
