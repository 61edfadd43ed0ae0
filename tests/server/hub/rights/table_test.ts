/** The table of protocol/mod.ts, "who may ask what", held against the hub: request by request, role by role. */

import { assertEquals } from "@std/assert";
import { codeOf, HubChat, type HubPeer, PASSWORD } from "../../../fixtures/hub.ts";

/** The people of the table: outsiders are not in the room, all others are. */
const PEOPLE = [
  ...["Operator", "Owner", "Moderator", "Voice", "Member", "Guest"],
  ...["Outsider", "Stranger", "Banned"],
] as const;
type Person = (typeof PEOPLE)[number];
type Access = "open" | "moderated" | "invite";

const ROOM = "Tea";
const REGISTERED = ["Operator", "Owner", "Moderator", "Voice", "Member", "Outsider", "Target"];

/** A room of that access with all people; Guest is in it without a registered name. */
class Stage {
  readonly chat = new HubChat();
  readonly peers = new Map<Person, HubPeer>();

  constructor(access: Access) {
    const { chat } = this;
    for (const name of REGISTERED) chat.account(name);
    chat.makeOperator("Operator");
    const owner = this.#join("Owner", ROOM, true);
    for (const name of ["Operator", "Moderator", "Voice", "Member"] as const) {
      this.#join(name, ROOM, true);
    }
    this.#join("Guest", ROOM);
    chat.join("Target", ROOM, { password: PASSWORD });
    for (const [name, role] of [["Moderator", "moderator"], ["Voice", "voice"]]) {
      owner.send("role", { room: ROOM, name, role });
    }
    owner.send("configure", { room: ROOM, access });
    owner.send("kick", { room: ROOM, name: "Banned", for: "ever" });
    this.#join("Outsider", undefined, true);
    this.#join("Stranger");
    this.#join("Banned");
    for (const peer of this.peers.values()) peer.take();
  }

  #join(name: Person, room?: string, isRegistered = false): HubPeer {
    const peer = this.chat.join(name, room, isRegistered ? { password: PASSWORD } : {});
    this.peers.set(name, peer);
    return peer;
  }

  /** The code with which a request of a person is refused, or "". */
  ask(person: Person, type: string, payload: object): string {
    const peer = this.peers.get(person) as HubPeer;
    return codeOf(peer.send(type, { room: ROOM, ...payload })) ?? "";
  }
}

/** For each person of {@linkcode PEOPLE} the code of the refusal, "" for none. */
type Row = [type: string, payload: object, codes: Record<Access, string>];

const IN = ["Operator", "Owner", "Moderator", "Voice", "Member", "Guest"];
const NOT_IN = "not_in_room";

/** One code a person; `in` those with the right, `no` the refusal of others in the room, `out` of those outside. */
function codes(allowed: string, no: string, out: readonly string[]): string {
  const [outsider, stranger, banned] = out;
  const inside = IN.map((name) => allowed.split(" ").includes(name) ? "-" : no);
  return [...inside, outsider, stranger, banned].join(" ");
}

function everywhere(code: string): Record<Access, string> {
  return { open: code, moderated: code, invite: code };
}

const ALL = IN.join(" ");
const MODERATORS = "Operator Owner Moderator";
const OWNERS = "Operator Owner";
const OUT = [NOT_IN, NOT_IN, NOT_IN];
const MODERATE = everywhere(codes(MODERATORS, "not_allowed", OUT));
const OWN = everywhere(codes(OWNERS, "not_allowed", OUT));

const SPEAK = {
  open: codes(ALL, "", OUT),
  moderated: codes(`${MODERATORS} Voice`, "not_allowed", OUT),
  invite: codes(ALL, "", OUT),
};
const SEE = {
  open: codes(ALL, "", ["-", "-", "banned"]),
  moderated: codes(ALL, "", [NOT_IN, NOT_IN, "banned"]),
  invite: codes(ALL, "", ["unknown_room", "unknown_room", "unknown_room"]),
};

const ROWS: Row[] = [
  ["message", { text: "hello" }, SPEAK],
  ["topic", { topic: "cake" }, SPEAK],
  ["topic", {}, SEE],
  ["members", {}, SEE],
  ["room", {}, SEE],
  ["read", { seq: 1 }, everywhere(codes(ALL, "", OUT))],
  ["invite", { name: "Outsider" }, MODERATE],
  ["invite", { uses: 2 }, MODERATE],
  ["kick", { name: "Target" }, MODERATE],
  ["kick", { name: "Nobody", for: 60 }, MODERATE],
  ["mute", { name: "Target", for: 60 }, MODERATE],
  ["unmute", { name: "Muted" }, MODERATE],
  ["bans", {}, MODERATE],
  ["unban", { name: "Banned" }, MODERATE],
  ["role", { name: "Target", role: "voice" }, MODERATE],
  ["role", { name: "Target", role: "member" }, MODERATE],
  ["role", { name: "Target", role: "moderator" }, OWN],
  ["role", { name: "Target", role: "owner" }, OWN],
  ["role", { name: "Moderator", role: "member" }, {
    ...everywhere(codes(`${OWNERS} Moderator`, "not_allowed", OUT)),
    ...everywhere(codes(OWNERS, "not_allowed", OUT)),
  }],
  ["configure", { slow: 5 }, OWN],
  ["configure", { access: "open" }, OWN],
  ["configure", { topic_by: "moderators" }, OWN],
  ["leave", {}, everywhere(codes(ALL, "", OUT))],
  ["join", {}, {
    open: codes("", "already_in_room", ["-", "-", "banned"]),
    moderated: codes("", "already_in_room", ["-", "-", "banned"]),
    invite: codes("", "already_in_room", ["invite_only", "invite_only", "invite_only"]),
  }],
  ["join", { code: "wrong" }, {
    open: codes("", "already_in_room", ["-", "-", "banned"]),
    moderated: codes("", "already_in_room", ["-", "-", "banned"]),
    invite: codes("", "already_in_room", ["unknown_invite", "unknown_invite", "unknown_invite"]),
  }],
];

for (const access of ["open", "moderated", "invite"] as const) {
  Deno.test(`in a room that is ${access}, each request is refused to whom the table refuses it`, () => {
    for (const [type, payload, codes] of ROWS) {
      // A stage for each person: what one is granted must not change what the next one finds.
      const got = PEOPLE.map((person) => {
        const stage = new Stage(access);
        stage.peers.get("Owner")?.send("mute", { room: ROOM, name: "Muted", for: 60 });
        return stage.ask(person, type, payload) || "-";
      });
      assertEquals(got.join(" "), codes[access], `${type} ${JSON.stringify(payload)}`);
    }
  });
}

Deno.test("with the topic left to moderators, nobody below sets it", () => {
  for (const access of ["open", "moderated", "invite"] as const) {
    const got = PEOPLE.map((person) => {
      const stage = new Stage(access);
      stage.peers.get("Owner")?.send("configure", { room: ROOM, topic_by: "moderators" });
      return stage.ask(person, "topic", { topic: "cake" }) || "-";
    });
    assertEquals(got.join(" "), codes(MODERATORS, "not_allowed", OUT));
  }
});

Deno.test("an invite room is listed to those who may enter it and to no others", () => {
  const stage = new Stage("invite");
  stage.peers.get("Owner")?.send("invite", { room: ROOM, name: "Outsider" });
  for (const [person, peer] of stage.peers) {
    peer.take();
    const [event] = peer.send("rooms");
    const listed = event?.payload.rooms.map(({ room }: { room: string }) => room);
    const isTold = IN.includes(person) || person === "Outsider";
    assertEquals(listed, isTold ? [ROOM] : [], person);
    assertEquals(event?.payload.more, false);
  }
});

Deno.test("requests about an invite room are answered as those about a room that does not exist", () => {
  const stage = new Stage("invite");
  for (const person of ["Outsider", "Stranger", "Banned"] as const) {
    const peer = stage.peers.get(person) as HubPeer;
    for (
      const [type, payload] of [
        ...["members", "topic", "room", "leave", "bans"].map((type) => [type, {}] as const),
        ["message", { text: "x" }],
        ["topic", { topic: "x" }],
        ["read", { seq: 1 }],
        ["configure", { slow: 1 }],
        ["role", { name: "Owner", role: "member" }],
        ["role", { name: "Nobody", role: "owner" }],
        ["invite", { name: "Nobody" }],
        ["invite", { name: "Owner" }],
        ["kick", { name: "Owner" }],
        ["mute", { name: "Owner", for: 1 }],
        ["unban", { name: "Banned" }],
        ["join", { code: "wrong" }],
      ] as const
    ) {
      // Written in another case, too: the room's own way of writing its name tells of it.
      const [hidden, absent] = ["tEA", "sEA"].map((room) =>
        JSON.stringify(peer.send(type, { room, ...payload })).replaceAll(room, "ROOM")
      );
      assertEquals(hidden, absent, `${person}: ${type} ${JSON.stringify(payload)}`);
    }
  }
});

Deno.test("a name learns of no lookalike in a room that it may not enter", () => {
  const chat = new HubChat();
  chat.account("Alice");
  const alice = chat.join("Alice", ROOM, { password: PASSWORD });
  chat.join("Bill", ROOM);
  const connect = (payload: object) => {
    const name = "Bi11";
    const got = chat.dial().send("connect", { name, version: 2, ...payload });
    return codeOf(got) ?? got[0]?.payload.rooms;
  };
  assertEquals(connect({ since: { [ROOM]: 0 } }), "lookalike_name");
  alice.send("configure", { room: ROOM, access: "invite" });
  assertEquals(connect({ room: ROOM }), "invite_only");
  assertEquals(connect({ since: { [ROOM]: 0 } }), []);
});

Deno.test("a ban by address keeps newcomers out for a day, and no name with a role", () => {
  const chat = new HubChat();
  for (const name of ["Alice", "Bob"]) chat.account(name);
  const alice = chat.join("Alice", ROOM, { password: PASSWORD });
  alice.send("role", { room: ROOM, name: "Bob", role: "voice" });
  const mallory = chat.join("Mallory");
  mallory.addressKey = "203.0.113.7";
  mallory.send("join", { room: ROOM });
  alice.send("kick", { room: ROOM, name: "Mallory", for: "ever" });
  const enter = (name: string, more = {}) => {
    const peer = chat.dial();
    peer.addressKey = "203.0.113.7";
    const code = codeOf(peer.send("connect", { name, version: 2, room: ROOM, ...more }));
    peer.end();
    return code;
  };
  assertEquals(enter("Nobody"), "banned");
  assertEquals(enter("Bob", { password: PASSWORD }), undefined);
  chat.now += 86_400_000;
  assertEquals(enter("Somebody"), undefined);
  assertEquals(codeOf(mallory.send("join", { room: ROOM })), "banned");
});
