/**
 * Random sequences of requests by people of all roles, held against a model of a room that knows
 * nothing of the hub: nobody does, and nobody is sent, what the table of protocol/mod.ts forbids.
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PURE } from "../../../fixtures/pure.ts";
import { codeOf, HubChat, type HubPeer, PASSWORD } from "../../../fixtures/hub.ts";
import type { Received } from "../../../fixtures/test_client.ts";

const ROOM = "Tea";
const REGISTERED = ["Alice", "Bob", "Carol", "Root"];
const GUESTS = ["Dan", "Eve"];
const NAMES = [...REGISTERED, ...GUESTS];
const ROLES = ["none", "member", "voice", "moderator", "owner", "operator"];

/** A step: somebody asks something. Time passes with `wait`, in seconds. */
interface Step {
  who: string;
  does: string;
  name: string;
  role: string;
  access: string;
  topicBy: string;
  time: number | "ever";
}

/** The model: sets of names, and who may do what, as plainly as it can be said. */
class Model {
  exists = false;
  /** Whether something was said or done, so that the room outlives its members. */
  isKept = false;
  access = "open";
  topicBy = "all";
  present = new Set<string>();
  roles = new Map<string, string>();
  /** Guests that may come back. */
  guests = new Set<string>();
  bans = new Map<string, number>();
  mutes = new Map<string, number>();
  now = 0;
  /** Whether the code that was made last is still good. */
  hasCode = false;

  rank(name: string): number {
    if (name === "Root") return 5;
    const role = this.roles.get(name) ?? (this.guests.has(name) ? "member" : "none");
    return ROLES.indexOf(role);
  }

  isBanned(name: string): boolean {
    return (this.bans.get(name) ?? 0) > this.now;
  }

  isMuted(name: string): boolean {
    return (this.mutes.get(name) ?? 0) > this.now;
  }

  mayEnter(name: string): boolean {
    if (!this.exists || this.rank(name) >= 1) return true;
    return this.access !== "invite" && !this.isBanned(name);
  }

  enter(name: string): void {
    if (!this.exists) {
      this.reset();
      this.exists = true;
      if (REGISTERED.includes(name)) this.roles.set(name, "owner");
    }
    this.present.add(name);
  }

  leave(name: string): void {
    this.present.delete(name);
    if (this.present.size === 0 && !this.isKept) this.exists = false;
  }

  reset(): void {
    this.access = "open";
    this.topicBy = "all";
    this.hasCode = false;
    for (const each of [this.roles, this.guests, this.bans, this.mutes]) each.clear();
  }

  maySpeak(name: string): boolean {
    const isMuted = this.rank(name) < 3 && this.isMuted(name);
    return !isMuted && (this.access !== "moderated" || this.rank(name) >= 2);
  }

  /** Whether a step is granted; what it changes then. */
  take({ who, does, name, role, access, topicBy, time }: Step): boolean {
    const rank = this.rank(who);
    if (does === "join") {
      return this.#grant(!this.present.has(who) && this.mayEnter(who), () => this.enter(who));
    }
    if (does === "enter") return this.#enterByCode(who);
    if (does === "members" || does === "room" || does === "topic?") {
      const isOutside = this.access === "open" ? !this.isBanned(who) || rank >= 1 : rank >= 1;
      return this.exists && (this.present.has(who) || isOutside);
    }
    if (!this.present.has(who)) return false;
    const moderates = rank >= 3;
    const reaches = this.rank(this.#target(name)) < rank;
    switch (does) {
      case "leave":
        return this.#grant(true, () => this.leave(who));
      case "message":
        return this.#act(this.maySpeak(who), () => {});
      case "topic": {
        const isMuted = rank < 3 && this.isMuted(who);
        const least = this.topicBy === "moderators" ? 3 : this.access === "moderated" ? 2 : 0;
        return this.#act(!isMuted && rank >= least, () => {});
      }
      case "configure":
        return this.#act(rank >= 4, () => this.#configure(access, topicBy));
      case "role":
        return this.#act(this.#mayGive(who, name, role), () => this.roles.set(name, role));
      case "invite":
        return this.#act(moderates && REGISTERED.includes(name) && !this.isBanned(name), () => {
          if (!this.roles.has(name)) this.roles.set(name, "member");
        });
      case "kick": {
        const isThere = this.present.has(name) || this.roles.has(name) || this.guests.has(name);
        return this.#act(moderates && reaches && isThere, () => this.#remove(name));
      }
      case "ban":
        return this.#act(moderates && reaches, () => {
          this.#remove(name);
          this.bans.set(name, this.#until(time));
        });
      case "mute":
        return this.#act(moderates && reaches, () => this.mutes.set(name, this.#until(time)));
      case "unmute":
        return this.#act(moderates && this.isMuted(name), () => this.mutes.delete(name));
      case "unban":
        return this.#act(moderates && this.isBanned(name), () => this.bans.delete(name));
      default:
        return this.#act(moderates, () => this.hasCode = true);
    }
  }

  /** The code counts where nothing else lets a person in; it is for one. */
  #enterByCode(who: string): boolean {
    if (this.present.has(who)) return false;
    if (this.exists && this.mayEnter(who)) return this.#grant(true, () => this.enter(who));
    if (!this.exists || this.access !== "invite" || this.isBanned(who)) return false;
    return this.#grant(this.hasCode, () => {
      this.hasCode = false;
      if (REGISTERED.includes(who)) this.roles.set(who, "member");
      else this.guests.add(who);
      this.enter(who);
    });
  }

  /** A guest's membership is the session's, not the name's: it does not protect the name. */
  #target(name: string): string {
    return GUESTS.includes(name) ? "" : name;
  }

  #mayGive(who: string, name: string, role: string): boolean {
    if (!REGISTERED.includes(name) || this.isBanned(name)) return false;
    const [own, before, after] = [
      this.rank(who),
      ROLES.indexOf(this.roles.get(name) ?? "none"),
      ROLES.indexOf(role),
    ];
    if (own < (before >= 3 || after >= 3 ? 4 : 3)) return false;
    const owners = [...this.roles.values()].filter((role) => role === "owner").length;
    if (before === 4 && after < 4 && owners === 1) return false;
    return who === name || after >= before || this.rank(name) < own;
  }

  #configure(access: string, topicBy: string): void {
    this.access = access;
    this.topicBy = topicBy;
    if (access !== "invite") return;
    for (const name of this.present) {
      if (this.rank(name) >= 1 && (this.roles.has(name) || this.guests.has(name))) continue;
      if (REGISTERED.includes(name)) this.roles.set(name, "member");
      else this.guests.add(name);
    }
  }

  #remove(name: string): void {
    this.present.delete(name);
    this.roles.delete(name);
    this.guests.delete(name);
  }

  #until(time: number | "ever"): number {
    return time === "ever" ? Infinity : this.now + time * 1000;
  }

  #grant(may: boolean, change: () => void): boolean {
    if (may) change();
    return may;
  }

  #act(may: boolean, change: () => void): boolean {
    if (may) this.isKept = true;
    return this.#grant(may, change);
  }
}

/** The request of a step. */
function requestOf(
  { does, name, role, access, topicBy, time }: Step,
  code: string,
): [string, object] {
  const requests: Record<string, [string, object]> = {
    enter: ["join", { code }],
    message: ["message", { text: "hello" }],
    topic: ["topic", { topic: "cake" }],
    "topic?": ["topic", {}],
    configure: ["configure", { access, topic_by: topicBy }],
    role: ["role", { name, role }],
    invite: ["invite", { name }],
    code: ["invite", { uses: 1 }],
    kick: ["kick", { name }],
    ban: ["kick", { name, for: time }],
    mute: ["mute", { name, for: time }],
    unmute: ["unmute", { name }],
    unban: ["unban", { name }],
  };
  return requests[does] ?? [does, {}];
}

/** The hub with all people connected, and the model beside it. */
class Run {
  readonly model = new Model();
  readonly chat = new HubChat();
  readonly peers = new Map<string, HubPeer & { ack: Received["payload"] }>();
  #code = "none";

  constructor() {
    for (const name of REGISTERED) this.chat.account(name);
    this.chat.makeOperator("Root");
    for (const name of NAMES) this.#connect(name);
  }

  #connect(name: string, session?: string): void {
    const credentials = REGISTERED.includes(name) ? { password: PASSWORD } : {};
    const peer = this.chat.dial();
    const [ack, ...rest] = peer.send("connect", { name, version: 2, session, ...credentials });
    assertEquals(ack?.type, "connect_ack", JSON.stringify(ack));
    peer.events.push(...rest);
    this.peers.set(name, Object.assign(peer, { ack: ack?.payload }));
  }

  take(step: Step): void {
    const { model, chat } = this;
    if (step.does === "wait") {
      chat.now += 61_000;
      model.now += 61_000;
    } else if (step.does === "reconnect") {
      this.#reconnect(step.who);
    } else {
      this.#ask(step);
    }
    this.#checkRooms();
  }

  #ask(step: Step): void {
    const { model } = this;
    for (const peer of this.peers.values()) peer.take();
    const [type, payload] = requestOf(step, this.#code);
    const before = [...model.present];
    const isGranted = model.take(step);
    const got = this.peers.get(step.who)?.send(type, { room: ROOM, ...payload }) ?? [];
    const code = codeOf(got);
    this.#code = got.find(({ type }) => type === "invite")?.payload.code ?? this.#code;
    assertEquals(code === undefined, isGranted, `${JSON.stringify(step)}: ${code}`);
    for (const [name, peer] of this.peers) {
      const heard = name === step.who ? got : peer.take();
      const messages = heard.filter(({ type, payload }) =>
        type === "message" && payload.room === ROOM
      );
      const acts = new Set([
        "message",
        "leave",
        "join",
        "enter",
        "members",
        "room",
        "topic",
        "topic?",
      ]);
      const isEntry = isGranted && (!acts.has(step.does) || step.does === "message");
      assertEquals(
        messages.length,
        isEntry && model.present.has(name) ? 1 : 0,
        `${name} hears ${step.does}`,
      );
      const isGone = before.includes(name) && !model.present.has(name) && step.does !== "leave";
      const told = heard.filter(({ payload: { event } }) =>
        event === "kicked" || event === "banned"
      );
      assertEquals(told.length, isGone ? 1 : 0, `${name} is told of ${step.does}`);
    }
  }

  /** A session that comes back is in the room where it may be, and is told where it may not. */
  #reconnect(name: string): void {
    const { model } = this;
    const peer = this.peers.get(name);
    const wasIn = model.present.has(name);
    peer?.end();
    model.leave(name);
    this.#connect(name, peer?.ack.session);
    const back = this.peers.get(name);
    const told = back?.take().filter(({ payload: { event } }) =>
      event === "kicked" || event === "banned"
    );
    const mayEnter = model.mayEnter(name);
    if (wasIn && mayEnter) model.enter(name);
    assertEquals(back?.ack.rooms.length, wasIn && mayEnter ? 1 : 0);
    assertEquals(told?.length, wasIn && !mayEnter ? 1 : 0);
  }

  /** The list of rooms shows each person what there is for it. */
  #checkRooms(): void {
    const { model } = this;
    for (const [name, peer] of this.peers) {
      peer.take();
      const [answer] = peer.send("rooms");
      const isListed = model.exists &&
        (model.access !== "invite" || model.present.has(name) || model.rank(name) >= 1);
      assertEquals(answer?.payload.rooms.length, isListed ? 1 : 0, `${name} lists`);
    }
  }
}

const DOES = [
  ...[
    "join",
    "join",
    "join",
    "enter",
    "enter",
    "leave",
    "message",
    "message",
    "topic",
    "topic?",
    "members",
    "room",
  ],
  ...["configure", "configure", "role", "role", "invite", "code", "kick", "ban", "mute"],
  ...["unmute", "unban", "wait", "reconnect"],
];

const steps = fc.array(
  fc.record<Step>({
    who: fc.constantFrom(...NAMES, "Alice", "Bob"),
    does: fc.constantFrom(...DOES),
    name: fc.constantFrom(...NAMES),
    role: fc.constantFrom("member", "voice", "moderator", "owner"),
    access: fc.constantFrom("open", "invite", "moderated"),
    topicBy: fc.constantFrom("all", "moderators"),
    time: fc.constantFrom<number | "ever">(60, 120, "ever"),
  }),
  { minLength: 20, maxLength: 80 },
);

Deno.test(
  "nobody does or is sent what the rights of a room forbid, whatever is asked in whatever order",
  PURE,
  () => {
    fc.assert(
      fc.property(steps, fc.subarray(NAMES), (steps, first) => {
        const run = new Run();
        for (const who of first) run.take({ ...steps[0] as Step, who, does: "join" });
        for (const step of steps) run.take(step);
      }),
      { numRuns: 1000 },
    );
  },
);
