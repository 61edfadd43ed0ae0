/** The server is killed between acts and their answers: bans and mutes that were acknowledged hold. */

import type { Finding } from "./oracle.ts";
import type { Random } from "./random.ts";
import { type Stage, Wronged } from "./stage.ts";
import { Broken, within } from "./waiting.ts";
import { type Received, Wire } from "./wire.ts";

/** Seconds for one answer. */
const TIMEOUT = 60;

const OWNER = "Olga";
const PASSWORD = "correct horse";

/** Something that was done to a name, and its entry if it was acknowledged. */
interface Deed {
  kind: "kick" | "mute";
  name: string;
  room: string;
  entry?: { seq: number; text: string };
}

/** Kills the server after some of the answers to acts, `stage.rounds` times. */
export async function killAfterAct(stage: Stage): Promise<void> {
  let acknowledged = 0;
  let names = 0;
  const findings: Finding[] = [];
  const remember = (more: Finding[]) => {
    findings.push(...more);
    stage.verdict = { acknowledged, findings };
    if (findings.length > 0) throw new Wronged(findings.map(({ what }) => what).join("; "));
  };
  await stage.startServer();
  await register(stage.port);
  for (const random of stage.eachRound()) {
    const room = `Court ${stage.done + 1}`;
    const deeds = Array.from({ length: random.between(1, 20) }, (): Deed => {
      return { kind: random.pick(["kick", "mute"]), name: `Troll ${++names}`, room };
    });
    await act(stage, random, deeds);
    // In some rounds the operator bans somebody from the server as it is killed, or just after.
    const outlaw = random.chance(0.4) ? `Outlaw ${++names}` : undefined;
    const banned = outlaw === undefined ? Promise.resolve(false) : ban(stage, random, outlaw);
    if (random.chance(0.5)) await banned;
    await stage.killServer();
    const isBanned = await banned;
    await stage.startServer();
    acknowledged += deeds.filter(({ entry }) => entry !== undefined).length + Number(isBanned);
    remember(await judge(stage.port, deeds));
    if (isBanned && await answerTo(stage.port, outlaw as string) !== "banned") {
      remember([{ wrong: "lost", what: `${outlaw} is not banned from the server any more` }]);
    }
  }
}

/** Sends acts with messages between them, and hears some of the answers. */
async function act(stage: Stage, random: Random, deeds: readonly Deed[]): Promise<void> {
  const caller = await enter(stage.port, (deeds[0] as Deed).room);
  const { wire } = caller;
  const enough = random.between(0, deeds.length);
  let heard = 0;
  for (const [index, { kind, name, room }] of deeds.entries()) {
    wire.send("message", { room, text: `before ${name}` });
    const more = { for: random.pick([3600, "ever"]), reason: `deed ${index}` };
    wire.send(kind, { room, name, ...more }, `${index}`);
  }
  if (enough === 0) return wire.close();
  await caller.until(({ type, id, payload }) => {
    if (type === "error") throw new Broken(`An act was refused: ${payload.message}`);
    const deed = id === undefined ? undefined : deeds[Number(id)];
    if (deed === undefined) return false;
    deed.entry = { seq: payload.seq, text: payload.text };
    return ++heard === enough;
  });
  wire.close();
}

/** Bans a name from the server, in a process that may be killed too; gives whether it said that it has. */
async function ban(stage: Stage, random: Random, name: string): Promise<boolean> {
  const program = new URL("../../server.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-all", program, "ban", name, "--data", stage.data],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const killer = random.chance(0.3)
    ? setTimeout(() => child.kill("SIGKILL"), random.between(100, 600))
    : undefined;
  const { success } = await child.status;
  clearTimeout(killer);
  return success;
}

/** Compares what was acknowledged with what holds, and with the room's log. */
async function judge(port: number, deeds: readonly Deed[]): Promise<Finding[]> {
  const kept = deeds.filter(({ entry }) => entry !== undefined);
  const [first] = kept;
  if (first === undefined) return [];
  const { room } = first;
  const caller = await enter(port, room);
  const { bans } = await caller.ask("bans", { room });
  const { messages } = await caller.ask("history", { room, limit: 500 });
  caller.wire.close();
  const lost = kept.filter(({ kind, name, entry }) => {
    const holds = bans.some((ban: { name: string; kind: string }) =>
      ban.name === name && ban.kind === (kind === "kick" ? "ban" : "mute")
    );
    const told = messages.filter(({ act }: { act?: { name: string } }) => act?.name === name);
    return !holds || told.length !== 1 || told[0].seq !== entry?.seq ||
      told[0].text !== entry?.text;
  });
  // And as the names themselves meet it.
  for (const deed of kept.slice(-2)) {
    const code = await answerTo(port, deed.name, room);
    if (code !== (deed.kind === "kick" ? "banned" : "muted")) lost.push(deed);
  }
  return lost.map(({ kind, name }) => {
    return { wrong: "lost", what: `The ${kind} of ${name} in ${room} does not hold` };
  });
}

/** The code with which a name is refused, or its message in the room. */
async function answerTo(port: number, name: string, room?: string): Promise<string | undefined> {
  const caller = await Caller.dial(port);
  const { wire } = caller;
  wire.send("connect", { name, room, version: 2 });
  if (room !== undefined) wire.send("message", { room, text: "hello" }, "said");
  else wire.send("ping", {}, "said");
  let code: string | undefined;
  await caller.until(({ type, id, payload }) => {
    if (type === "error") code ??= payload.code;
    return type === "error" || id === "said";
  });
  wire.close();
  return code;
}

async function register(port: number): Promise<void> {
  const caller = await Caller.dial(port);
  caller.wire.send("connect", { name: OWNER, version: 2 });
  await caller.ask("register", { password: PASSWORD });
  caller.wire.close();
}

/** Connects as the owner of a room. */
async function enter(port: number, room: string): Promise<Caller> {
  const caller = await Caller.dial(port);
  caller.wire.send("connect", { name: OWNER, room, version: 2, password: PASSWORD });
  return caller;
}

/** A connection on which one event after the other is waited for. */
class Caller {
  readonly wire: Wire;
  readonly #reading: Promise<void>;
  #listen: (event: Received) => void = () => {};

  private constructor(wire: Wire) {
    this.wire = wire;
    this.#reading = wire.read((event) => this.#listen(event)).then(() => {
      throw new Broken("The connection ended");
    });
    // It ends when it is closed here.
    this.#reading.catch(() => {});
  }

  static async dial(port: number): Promise<Caller> {
    return new Caller(await Wire.dial(port));
  }

  /** Resolves at the event for which `isLast` holds; it is called for later ones too. */
  async until(isLast: (event: Received) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#listen = (event) => {
      try {
        if (isLast(event)) resolve();
      } catch (error) {
        reject(error);
      }
    };
    await within(TIMEOUT, Promise.race([promise, this.#reading]), () => "an answer");
  }

  /** The payload of the answer to a request. */
  async ask(type: string, payload: unknown): Promise<Received["payload"]> {
    this.wire.send(type, payload, type);
    let answer: Received | undefined;
    await this.until((event) => {
      if (event.type === "error") throw new Broken(`${type} was refused: ${event.payload.message}`);
      if (event.id === type) answer = event;
      return event.id === type;
    });
    return answer?.payload;
  }
}
