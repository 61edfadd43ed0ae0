/** Bans from the server, as the hub decides on them. */

import { assertEquals } from "@std/assert";
import type { StoredBan } from "../../../server/log/rights.ts";
import { DAY } from "../../../server/process/time.ts";
import { codeOf, HubChat, PASSWORD } from "../../fixtures/hub.ts";

const HERE = "192.0.2.1";
const THERE = "2001:db8:0:0::/64";

/** A ban from the server, made now. */
function banOf(chat: HubChat, name: string, more: Partial<StoredBan> = {}): StoredBan {
  return { kind: "ban", name, by: "operator", at: chat.now, until: chat.now + 7 * DAY, ...more };
}

/** The code with which `name` is refused from an address; `undefined` where it is in. */
function tries(chat: HubChat, name: string, address?: string, password?: string) {
  const peer = chat.dial(address);
  const code = codeOf(peer.send("connect", { name, version: 2, password }));
  peer.send("quit");
  return code;
}

Deno.test("a banned name's address admits no free name for a day, and registered ones always", () => {
  const chat = new HubChat();
  chat.account("Alice");
  const mallory = chat.dial(HERE);
  mallory.send("connect", { name: "Mallory", version: 2 });
  chat.syncBans(banOf(chat, "Mallory"));
  assertEquals([codeOf(mallory.take()), mallory.isClosed], ["banned", true]);
  assertEquals(tries(chat, "Bob", HERE), "banned");
  assertEquals(tries(chat, "Bob", THERE), undefined);
  assertEquals(tries(chat, "Alice", HERE, PASSWORD), undefined);
  chat.now += DAY;
  assertEquals(tries(chat, "Bob", HERE), undefined);
  assertEquals(tries(chat, "Mallory", THERE), "banned");
  chat.now += 6 * DAY;
  assertEquals(tries(chat, "Mallory", HERE), undefined);
});

Deno.test("a banned address admits no name but an operator's", () => {
  const chat = new HubChat();
  chat.account("Alice");
  const olga = chat.account("Olga");
  chat.hub.directory.names.setAccount({ ...olga, isOperator: true });
  const bob = chat.dial(THERE);
  bob.send("connect", { name: "Bob", version: 2 });
  const operator = chat.dial(THERE);
  operator.send("connect", { name: "Olga", version: 2, password: PASSWORD });
  chat.syncBans(banOf(chat, THERE, { kind: "address", addresses: [THERE] }));
  assertEquals([bob.isClosed, operator.isClosed], [true, false]);
  assertEquals(tries(chat, "Alice", THERE, PASSWORD), "banned");
  assertEquals(tries(chat, "Eve", THERE), "banned");
  assertEquals(tries(chat, "Eve", HERE), undefined);
  assertEquals(tries(chat, "Olga", THERE, PASSWORD), undefined);
  // An address is no name, even where a name is written like it.
  assertEquals(tries(chat, "192.0.2.9"), undefined);
});

Deno.test("a registered name is not hit by the ban of a name that looks like it", () => {
  const chat = new HubChat();
  chat.account("Alice");
  const alice = chat.join("Alice", undefined, { password: PASSWORD });
  chat.syncBans(banOf(chat, "\u0410lice"));
  assertEquals(alice.isClosed, false);
  assertEquals(tries(chat, "Alice", HERE, PASSWORD), undefined);
  chat.syncBans(banOf(chat, "Alice"));
  assertEquals(alice.isClosed, true);
  assertEquals(tries(chat, "Alice", HERE, PASSWORD), "banned");
});

Deno.test("a session that a ban has closed does nothing any more, and resumes after the ban", () => {
  const chat = new HubChat();
  const bob = chat.join("Bob", "Hall");
  const mallory = chat.join("Mallory", "Hall");
  const { session } = mallory.ack;
  bob.take();
  chat.syncBans(banOf(chat, "Mallory"));
  assertEquals(bob.heard(), ["Mallory has left the room."]);
  mallory.send("message", { text: "still here?" });
  assertEquals(bob.heard(), []);
  const peer = chat.dial();
  assertEquals(codeOf(peer.send("connect", { name: "Mallory", version: 2, session })), "banned");
  // Nor does another name make its token good.
  chat.syncBans(banOf(chat, "Mallory"), banOf(chat, "Eve"));
  assertEquals(codeOf(peer.send("connect", { name: "Eve", version: 2, session })), "banned");
  chat.syncBans();
  const [ack] = peer.send("connect", { name: "Mallory", version: 2, session });
  assertEquals(ack?.payload.resumed, true);
});
