/** Server, name and room, from the command line, the environment and the config file. */

import { isRecord } from "../../protocol/fields.ts";
import { fold, parseName } from "../../protocol/mod.ts";
import { type Address, DEFAULT_ADDRESS } from "../net/address.ts";
import { jsonError } from "./json_error.ts";
import { parseServerUrl, type Pin, type ServerUrl } from "../net/server_url.ts";

/** The room when none is given. */
export const DEFAULT_ROOM = "General";

/** The values that one source gives; later sources fill the gaps of earlier ones. */
export interface SettingsSource {
  readonly server?: string | undefined;
  readonly name?: string | undefined;
  readonly room?: string | undefined;
  /** An invitation code for the room. */
  readonly code?: string | undefined;
}

/** A parsed config file. */
export interface Config extends Omit<SettingsSource, "code"> {
  readonly bell: boolean;
  /** Servers by alias. */
  readonly servers: Readonly<Record<string, string>>;
}

/** The defaults without a config file. */
export const NO_CONFIG: Config = { bell: true, servers: {} };

/** The resolved settings; a missing name is still to be asked for. */
export interface Settings {
  readonly address: Address;
  /** Present when the link is to be TLS. */
  readonly tls?: Pin;
  readonly name: string | undefined;
  readonly room: string | undefined;
  /** An invitation code for the room. */
  readonly code?: string;
}

/** The environment variables as a {@linkcode SettingsSource}. */
export function environmentSettings(get: (name: string) => string | undefined): SettingsSource {
  const read = (name: string) => get(name) || undefined;
  return { server: read("CHAT_SERVER"), name: read("CHAT_NAME"), room: read("CHAT_ROOM") };
}

/** Parses the config file's text; a byte order mark, which some editors write, is ignored. */
export function parseConfig(text: string): Config | { problem: string } {
  const json = text.replace(/^\uFEFF/, "");
  // The decoder leaves these of other encodings: editors on Windows offer UTF-16.
  if (/[\0\uFFFD]/.test(json)) return { problem: "it is not UTF-8; save it in that encoding" };
  const error = jsonError(json);
  if (error !== undefined) return { problem: error };
  const value: unknown = JSON.parse(json);
  if (!isRecord(value)) return { problem: "it is not a JSON object" };
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(CONFIG_FIELDS, key));
  if (unknown !== undefined) return { problem: `it has the unknown field "${unknown}"` };
  for (const [key, [holds, expected]] of Object.entries(CONFIG_FIELDS)) {
    if (value[key] !== undefined && !holds(value[key])) {
      return { problem: `"${key}" must be ${expected}` };
    }
  }
  return { ...NO_CONFIG, ...value };
}

const isString = (value: unknown) => typeof value === "string" && value !== "";

const CONFIG_FIELDS: Record<keyof Config, [(value: unknown) => boolean, string]> = {
  server: [isString, "a string"],
  name: [isString, "a string"],
  room: [isString, "a string"],
  bell: [(value) => typeof value === "boolean", "true or false"],
  servers: [
    (value) => isRecord(value) && Object.values(value).every(isString),
    'an object such as {"work": "chat.example.org:12345"}',
  ],
};

/** Takes each value from the first of `sources` that has it, and validates it. */
export function resolveSettings(
  sources: readonly SettingsSource[],
  config: Config,
): Settings | { problem: string } {
  const first = (key: keyof SettingsSource) =>
    sources.map((source) => source[key]).find((value) => value);
  const server = first("server");
  const url: ServerUrl | { problem: string } = server === undefined
    ? { address: DEFAULT_ADDRESS }
    : parseServerUrl(aliased(server, config.servers));
  if ("problem" in url) return url;
  const { room: roomThere, code: codeThere, ...target } = url;
  const name = checked("name", first("name"));
  if (typeof name === "object") return name;
  const room = checked("room", firstRoom(sources, roomThere));
  if (typeof room === "object") return room;
  // The code of an address is for the room of that address.
  const isThere = room !== undefined && fold(room) === fold(roomThere ?? "");
  const code = sources.find((source) => source.code)?.code ?? (isThere ? codeThere : undefined);
  return { ...target, name, room, ...code === undefined ? {} : { code } };
}

/** A room in the server's address counts as given by the same source. */
function firstRoom(
  sources: readonly SettingsSource[],
  roomThere: string | undefined,
): string | undefined {
  const serverSource = sources.findIndex(({ server }) => server);
  return sources.map(({ room }, index) => room || (index === serverSource ? roomThere : undefined))
    .find((room) => room);
}

function aliased(server: string, servers: Config["servers"]): string {
  return Object.hasOwn(servers, server) ? servers[server] ?? server : server;
}

function checked(what: string, value: string | undefined): string | undefined | {
  problem: string;
} {
  if (value === undefined) return undefined;
  const parsed = parseName(value);
  return "name" in parsed
    ? parsed.name
    : { problem: `Cannot use the ${what}: it ${parsed.problem}` };
}
