/** From the command line to the parts of a session: settings, credentials, outbox. */

import { fold, parseName } from "../../protocol/mod.ts";
import { configDirectory, PLATFORM, stateDirectory } from "../../cli/directories.ts";
import { messageOf, pathIn } from "../../cli/system_errors.ts";
import { type Address, formatAddress } from "../net/address.ts";
import { dialer } from "../net/connection.ts";
import { backoff } from "../../core/session/backoff.ts";
import type { Advice, GivenPassword } from "../../core/session/login.ts";
import { Outbox } from "../../core/session/outbox.ts";
import { type Dial, UnusableServer } from "../../core/session/transport.ts";
import { formatInvitation } from "../net/server_url.ts";
import { readPassword } from "../files/password_file.ts";
import { Failure } from "./failure.ts";
import {
  type Config,
  DEFAULT_ROOM,
  environmentSettings,
  NO_CONFIG,
  parseConfig,
  resolveSettings,
  type Settings,
} from "./settings.ts";
import { openPersonsOutbox, openScriptsOutbox } from "../files/outbox_file.ts";
import { makePrivateDirectory } from "../files/state_files.ts";

const PROGRAM = "chat-client";

const GIVE_PASSWORD = "give --password-file FILE, or set CHAT_PASSWORD";

const ADVICE: Advice = {
  password_required: GIVE_PASSWORD,
  wrong_password: GIVE_PASSWORD,
  invite_only: "give the code of your invitation with --code CODE",
  insecure_link: "use TLS: write chats://HOST, for which chat-server needs --tls",
};

/** The options that name server, account and room. */
export interface ConnectionOptions {
  name: string | undefined;
  room?: string | undefined;
  code?: string | undefined;
  server: string | undefined;
  config: string | undefined;
  "password-file": string | undefined;
  ca: string | undefined;
}

/** Past messages shown to a person who enters a room. */
export const CONTEXT = 20;

/** Everything that is settled before the first connection. */
export interface Start {
  /** The server's address as a person writes it: for messages, and as the key of what is kept for it. */
  readonly server: string;
  readonly dial: Dial;
  readonly name: string;
  readonly room: string;
  /** An invitation code for the room. */
  readonly code: string | undefined;
  /** Makes the address that invites to a room by a code. */
  readonly inviteLink: (room: string, code: string) => string;
  /** The name's password, where it is given and need not be typed. */
  readonly password: GivenPassword | undefined;
  /** The advice after a refusal, by this program's options. */
  readonly advice: Advice;
  /** Milliseconds for which a server that can't be reached is tried again. */
  readonly retryFor: number;
  readonly bell: boolean;
  readonly outbox: Outbox;
  /** The state directory; `undefined` where the platform names none, or it can't be used. */
  readonly directory: string | undefined;
  /** Notices for the person. */
  readonly notices: readonly string[];
}

/** Options that depend on how the program was called. */
interface StartOptions {
  /** The server, where it stands alone. */
  operand?: string | undefined;
  /** Whose session it will be: the two use different outboxes. */
  user?: "person" | "script";
  /** Milliseconds for which a server that can't be reached is tried again. */
  retryFor?: number;
}

/** Resolves server, name and room, and opens the outbox; asks a person for missing values. */
export async function prepare(
  options: ConnectionOptions,
  { operand, user = "script", retryFor = 0 }: StartOptions = {},
): Promise<Start> {
  const config = readConfig(options.config);
  const commandLine = { ...options, server: operand ?? options.server };
  const settings = resolveSettings(
    [commandLine, environmentSettings(PLATFORM.env), config],
    config,
  );
  if ("problem" in settings) throw new Failure(2, settings.problem);
  const { password, warning } = givenPassword(options["password-file"]);
  const address = await authenticateServer(settings, options.ca, retryFor);
  const { name, room } = askMissing(settings);
  const server = formatAddress(address);
  const dial = dialer(address);
  const opened = await openOutbox(server, name, user);
  const notices = [...warning === undefined ? [] : [warning], ...opened.notices];
  const { bell } = config;
  const inviteLink = (there: string, code: string) => formatInvitation(address, there, code);
  return {
    ...{ server, dial, name, room, code: settings.code, inviteLink },
    ...{ password, advice: ADVICE, retryFor, bell, ...opened, notices },
  };
}

/** With TLS, decides by which certificate the server is trusted. */
async function authenticateServer(
  { address, tls }: Settings,
  ca: string | undefined,
  retryFor: number,
): Promise<Address> {
  if (tls === undefined) {
    if (ca === undefined) return address;
    const server = formatAddress(address);
    const problem = `Cannot use --ca with ${server}, which is plain TCP`;
    throw new Failure(2, `${problem}: write chats://HOST[:PORT], or leave out --ca`);
  }
  const [{ openTrustStore }, { proven }] = await Promise.all([
    import("../net/trust_store.ts"),
    import("../net/trust.ts"),
  ]);
  const ask = isInteractive() ? confirm : undefined;
  const store = openTrustStore(ca, stateDirectory(PLATFORM, PROGRAM), ask);
  if ("problem" in store) throw new Failure(2, store.problem);
  try {
    return await retrying(() => proven(address, tls, store), retryFor);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Failure(1, error.message);
  }
}

/** Acts until that succeeds, `retryFor` is over, or another try would change nothing. */
async function retrying<Result>(act: () => Promise<Result>, retryFor: number): Promise<Result> {
  const began = performance.now();
  for (let attempt = 0;; attempt++) {
    try {
      return await act();
    } catch (error) {
      const left = retryFor - (performance.now() - began);
      if (!(error instanceof Error) || error instanceof UnusableServer || left <= 0) throw error;
      if (attempt === 0) console.error(`!! ${error.message}; trying to connect again`);
      const wait = Math.min(left, backoff(attempt, Math.random()));
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function isInteractive(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}

function readConfig(path: string | undefined): Config {
  const directory = configDirectory(PLATFORM, PROGRAM);
  const file = path ?? (directory === undefined ? undefined : `${directory}/config.json`);
  if (file === undefined) return NO_CONFIG;
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    if (path === undefined && error instanceof Deno.errors.NotFound) return NO_CONFIG;
    throw new Failure(2, `Cannot read the config file ${file}: ${messageOf(error)}`);
  }
  const config = parseConfig(text);
  if ("problem" in config) {
    throw new Failure(2, `Cannot use the config file ${file}: ${config.problem}`);
  }
  return config;
}

function givenPassword(file: string | undefined): { password?: GivenPassword; warning?: string } {
  if (file !== undefined) {
    const read = readPassword(file);
    if ("problem" in read) throw new Failure(2, read.problem);
    const { password, ...warning } = read;
    return { password: { password, from: file }, ...warning };
  }
  const password = PLATFORM.env("CHAT_PASSWORD");
  return password ? { password: { password, from: "CHAT_PASSWORD" } } : {};
}

function askMissing(settings: Settings): { name: string; room: string } {
  const { name, room } = settings;
  if (name !== undefined) return { name, room: room ?? DEFAULT_ROOM };
  if (!isInteractive()) {
    throw new Failure(2, "Who are you? Give --name NAME, or set CHAT_NAME");
  }
  return {
    name: askName("Your name:"),
    room: room ?? askName(`Room [${DEFAULT_ROOM}]:`, DEFAULT_ROOM),
  };
}

function askName(question: string, usual?: string): string {
  for (;;) {
    const answer = prompt(question);
    if (answer === null) throw new Failure(2, "No name was given");
    const parsed = parseName(answer.trim() || usual || "");
    if ("name" in parsed) return parsed.name;
    console.error(`It ${parsed.problem}; try another`);
  }
}

async function openOutbox(
  server: string,
  name: string,
  user: "person" | "script",
): Promise<Pick<Start, "outbox" | "directory" | "notices">> {
  const directory = stateDirectory(PLATFORM, PROGRAM);
  if (directory === undefined) return withoutDisk("There is no home directory");
  try {
    makePrivateDirectory(directory);
    const open = user === "person" ? openPersonsOutbox : openScriptsOutbox;
    const opened = await open(directory, [server, fold(name)]);
    if (opened !== undefined) return { ...opened, directory };
  } catch (error) {
    return withoutDisk(`Cannot use ${pathIn(error) ?? directory}: ${messageOf(error)}`);
  }
  const remark = `${name} is in use on ${server} by another chat-client of yours on this machine`;
  return { outbox: Outbox.inMemory(), directory, notices: [remark] };
}

function withoutDisk(reason: string): Pick<Start, "outbox" | "directory" | "notices"> {
  const remark = `${reason}. Unsent messages will not survive this program`;
  return { outbox: Outbox.inMemory(), directory: undefined, notices: [remark] };
}
