/**
 * The subjects: the project's server with different settings, and the peers that are
 * installed. Each is a command and the dialect of its clients.
 */

import { runArguments } from "../tools/targets.ts";
import { type Command, exists, versionOf } from "./child.ts";
import {
  CHAT,
  CHAT_OVER_WEB,
  CHAT_WITH_REF,
  type Dialect,
  LECTURE,
  NATS,
  RAW,
  REDIS,
} from "./dialects.ts";

/** A server to measure. */
export interface Subject {
  /** Its name in the report. */
  name: string;
  /** Its name for `--only` and in plots. */
  key: string;
  dialect: Dialect;
  command(port: number): Command;
  version: string;
}

/** A peer that is missing, and how to get it. */
export interface Missing {
  name: string;
  advice: string;
}

/** The server with the given options, with its log in `data` or in memory. */
export function chat(name: string, key: string, ...options: string[]): Subject {
  return {
    name,
    key,
    dialect: CHAT,
    command: (port) => chatCommand("--port", `${port}`, ...options),
    version: `this one, on Deno ${Deno.version.deno}`,
  };
}

/** The server with its log in memory. */
export const CHAT_IN_MEMORY = chat("chat-server --memory", "chat", "--memory");

/** The same, with a `ref` in every message. */
export const CHAT_REFS: Subject = {
  ...CHAT_IN_MEMORY,
  name: "chat-server --memory, every message with a ref",
  key: "chat-ref",
  dialect: CHAT_WITH_REF,
};

/** The same over WebSockets. */
export const CHAT_WEB: Subject = {
  ...CHAT_IN_MEMORY,
  name: "chat-server --memory, over WebSockets",
  key: "chat-web",
  dialect: CHAT_OVER_WEB,
};

/** The command that runs the server from its sources. */
export function chatCommand(...options: string[]): Command {
  return {
    program: Deno.execPath(),
    args: [
      ...runArguments("chat-server"),
      // Enough for every row; the default is slightly too low.
      "--max-connections",
      "11000",
      // No client exceeds these; checking them is part of the measurement.
      "--message-rate",
      "1000000",
      "--message-burst",
      "1000000",
      "--byte-rate",
      "1000000000",
      ...options,
    ],
  };
}

/** The installed peers, and the missing ones. */
export function findPeers(directory: string): { peers: Subject[]; missing: Missing[] } {
  const peers: Subject[] = [];
  const missing: Missing[] = [];
  for (const { advice, find } of PEERS) {
    const found = find(directory);
    if (typeof found === "string") missing.push({ name: found, advice });
    else peers.push(found);
  }
  return { peers, missing };
}

/** Each returns the peer, or the name of a missing program. */
const PEERS: { advice: string; find: (directory: string) => Subject | string }[] = [
  { advice: "apt-get install nats-server", find: findNats },
  { advice: "apt-get install redis-server", find: findRedis },
  { advice: "apt-get install python3", find: findLecture },
  { advice: "", find: () => BROADCASTER },
  { advice: "apt-get install gcc libc6-dev", find: compileBroadcaster },
];

/** The Deno broadcaster: the cost of the runtime, without a chat. */
const BROADCASTER: Subject = {
  name: "Deno broadcaster that parses nothing",
  key: "deno",
  dialect: RAW,
  command: (port) => ({
    program: Deno.execPath(),
    args: ["run", "--quiet", "--allow-net", "bench/peers/broadcaster.ts", `${port}`],
  }),
  version: `Deno ${Deno.version.deno}`,
};

function findNats(): Subject | string {
  const version = versionOf("nats-server", "--version");
  if (version === undefined) return "nats-server";
  const args = ["--addr", "127.0.0.1", "--port"];
  return {
    name: "NATS core",
    key: "nats",
    dialect: NATS,
    command: (port) => ({ program: "nats-server", args: [...args, `${port}`] }),
    version,
  };
}

function findRedis(): Subject | string {
  const version = versionOf("redis-server", "--version");
  if (version === undefined) return "redis-server";
  const settings = ["--bind", "127.0.0.1", "--save", "", "--maxclients", "11000"];
  return {
    name: "Redis pub/sub",
    key: "redis",
    dialect: REDIS,
    command: (port) => ({ program: "redis-server", args: ["--port", `${port}`, ...settings] }),
    version: version.replace(/ sha=.*/, ""),
  };
}

function findLecture(): Subject | string {
  const version = versionOf("python3", "--version");
  if (version === undefined) return "python3";
  return {
    name: "the lecture's server (Python, threads)",
    key: "lecture",
    dialect: LECTURE,
    command: (port) => ({
      program: "python3",
      args: ["bench/peers/lecture_server.py", `${port}`],
    }),
    version,
  };
}

function compileBroadcaster(directory: string): Subject | string {
  const version = versionOf("cc", "--version");
  const binary = `${directory}/broadcaster`;
  const source = `${import.meta.dirname}/peers/broadcaster.c`;
  if (version === undefined || !exists("cc", "-O2", "-o", binary, source)) return "cc";
  return {
    name: "C broadcaster that parses nothing",
    key: "c",
    dialect: RAW,
    command: (port) => ({ program: binary, args: [`${port}`] }),
    version,
  };
}
