/** The command line: the option tables of the chat and of each command. */

import {
  describeOptions,
  leadingOptions,
  type OptionTable,
  parseOptions,
  text,
  toggle,
  type Values,
  wholeNumber,
} from "../../cli/options.ts";
import { ACCESS, LIMITS, TOPIC_BY } from "../../protocol/mod.ts";

const COMMON = {
  name: text("NAME", undefined, "Your name in the chat"),
  server: text("ADDRESS", undefined, "The server, or its alias in the config file"),
  ca: text("FILE", undefined, "With TLS, trust the authorities in this file too, PEM"),
  "password-file": text("FILE", undefined, "The name's password, if it is registered"),
  config: text("FILE", undefined, "Read this config file instead of the usual one"),
  help: toggle("Show this help"),
  version: toggle("Show the version"),
};

const ROOM = {
  room: text("ROOM", undefined, "The room [default: General]"),
  code: text("CODE", undefined, "An invitation's code, to enter the room"),
};

const JSON_LINES = { json: toggle("JSON lines, as they are on the wire") };

const RETRY = {
  retry: wholeNumber(
    "SECONDS",
    0,
    [0, 31_536_000],
    "Away from a terminal: try so long to connect, at first and again",
  ),
};

const CHAT = {
  ...ROOM,
  ...RETRY,
  plain: toggle("One finished line for each event: no color, no repaint"),
  json: toggle("JSON lines in and out, as they are on the wire"),
  timestamps: toggle("With --plain or in a pipe: date and time before every line"),
  "no-bell": toggle("No bell when somebody mentions you"),
  ...COMMON,
};

const lines = (least: 0 | 1, most: number) => ({
  lines: wholeNumber("N", 10, [least, most], "How many messages at most; -n N is the same"),
});

/** Messages that `tail` prints at most: it holds them until it has them all. */
const MAX_TAIL = 100_000;

const SEND = { ...ROOM, ...RETRY, ...COMMON };
const TAIL = {
  ...ROOM,
  ...lines(0, MAX_TAIL),
  before: wholeNumber(
    "SEQ",
    0,
    [0, Number.MAX_SAFE_INTEGER],
    "Only messages before this number, which --json shows; 0 for the last",
  ),
  follow: toggle("Go on with what is said from now on"),
  ...RETRY,
  timestamps: toggle("Date and time before every line"),
  ...JSON_LINES,
  ...COMMON,
};
const SEARCH = {
  ...ROOM,
  from: text("NAME", undefined, "Only what this person said"),
  ...lines(1, LIMITS.history),
  ...JSON_LINES,
  ...COMMON,
};
const LOG = {
  ...ROOM,
  ...lines(1, MAX_TAIL),
  timestamps: toggle("Date and time before every line"),
  ...JSON_LINES,
  ...COMMON,
};
const ORDER = { ...ROOM, ...JSON_LINES, ...COMMON };
const INVITE = {
  uses: wholeNumber("N", 1, [1, LIMITS.invite_uses], "Without a NAME: how many may use the code"),
  days: wholeNumber("N", 7, [1, LIMITS.invite_days], "Without a NAME: for how many days"),
  ...ORDER,
};
const ROOMS = { ...JSON_LINES, ...COMMON };
const WHO = { ...ROOM, ...ROOMS };
const COMPLETIONS = { help: COMMON.help };

/** The arguments of the chat or of one command. */
export interface Usage {
  readonly options: OptionTable;
  /** The operands in the usage line. */
  readonly operands: string;
  readonly minOperands: number;
  readonly maxOperands: number;
  readonly help: string;
  /** Whether the operands are a text: from its first word on nothing is an option. */
  readonly isText?: true;
  /** The operand's possible values, when there are few. */
  readonly words?: readonly string[];
}

/** The commands that change who may what in a room, each with its operands, its help and its words. */
function orders<Name extends string>(
  rows: Record<Name, readonly [operands: string, help: string, words?: readonly string[]]>,
) {
  const usages = Object.entries<(typeof rows)[Name]>(rows).map((
    [name, [operands, help, words]],
  ) => [
    name,
    {
      options: ORDER,
      operands,
      minOperands: operands.split(" ").filter((each) => !each.startsWith("[")).length,
      maxOperands: operands.endsWith("…]") ? 1000 : operands.split(" ").length,
      help,
      ...words === undefined ? {} : { words },
    },
  ]);
  return Object.fromEntries(usages) as Record<Name, Usage & { options: typeof ORDER }>;
}

/** The chat, which is called without a name, and the commands. */
export const USAGES = {
  chat: {
    options: CHAT,
    operands: "[ADDRESS]",
    minOperands: 0,
    maxOperands: 1,
    help: "Chat; in a pipe, send each line of input and print what is said",
  },
  send: {
    options: SEND,
    operands: "TEXT…",
    isText: true,
    minOperands: 1,
    maxOperands: 1000,
    help: "Send one message (- reads it from the input); exit 0 once the server has it",
  },
  tail: {
    options: TAIL,
    operands: "",
    minOperands: 0,
    maxOperands: 0,
    help: "Print a room's last messages",
  },
  search: {
    options: SEARCH,
    operands: "WORDS…",
    minOperands: 1,
    maxOperands: 1000,
    help: "Print a room's messages that have the words, newest first",
  },
  rooms: {
    options: ROOMS,
    operands: "",
    minOperands: 0,
    maxOperands: 0,
    help: "Print the rooms: name, members, topic, between tabs",
  },
  who: {
    options: WHO,
    operands: "",
    minOperands: 0,
    maxOperands: 0,
    help: "Print who is in a room, one name a line",
  },
  about: {
    options: ORDER,
    operands: "",
    minOperands: 0,
    maxOperands: 0,
    help: "Print how a room is run, and what you may there",
  },
  log: {
    options: LOG,
    operands: "",
    minOperands: 0,
    maxOperands: 0,
    help: "Print the last acts in a room: who was banned by whom, what was changed",
  },
  bans: {
    options: ORDER,
    operands: "",
    minOperands: 0,
    maxOperands: 0,
    help: "Print who is banned or muted in a room, until when, and why",
  },
  invite: {
    options: INVITE,
    operands: "[NAME]",
    minOperands: 0,
    maxOperands: 1,
    help: "Invite somebody to a room; without a NAME, print a link that does",
  },
  ...orders({
    kick: ["NAME [REASON…]", "Remove somebody from a room"],
    ban: ["NAME [FOR] [REASON…]", "Keep somebody out, for 10m, 2h, 3d or ever; else for 1d"],
    unban: ["NAME", "Lift a ban"],
    mute: ["NAME FOR [REASON…]", "Take somebody's word in a room, for 10m, 2h, 3d or ever"],
    unmute: ["NAME", "Give it back"],
    role: ["NAME ROLE", "Make somebody a member, voice, moderator or owner"],
    access: ["ACCESS", "Let a room be open, for invited people, or moderated", ACCESS],
    slow: ["SECONDS", "Let each person speak once in so many seconds; 0 ends that"],
    "topic-by": ["BY", "Let all or moderators set the topic", TOPIC_BY],
  }),
  completions: {
    options: COMPLETIONS,
    operands: "bash|zsh|fish",
    minOperands: 1,
    maxOperands: 1,
    help: "Print the completions for a shell",
    words: ["bash", "zsh", "fish"],
  },
} as const satisfies Record<string, Usage>;

/** The chat or a command. */
export type UsageName = keyof typeof USAGES;

/** A parsed command line, or the one line that says what is wrong with it. */
export type Invocation =
  | {
    [Name in UsageName]: {
      run: Name;
      values: Values<(typeof USAGES)[Name]["options"]>;
      operands: string[];
      /** Whether the operands stood behind `--`, where `-` is a text like any other. */
      isLiteral: boolean;
    };
  }[UsageName]
  | { run: "help"; usage: UsageName }
  | { run: "version" }
  | { run: "problem"; message: string };

/** Customary short forms. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ["-n", "--lines"],
  ["-h", "--help"],
  ["-f", "--follow"],
]);

/** Parses the command line. */
export function parseInvocation(args: readonly string[]): Invocation {
  const first = args[0] ?? "";
  const name: UsageName = isNamed(first) ? first : "chat";
  const usage: Usage = USAGES[name];
  const { rest, isLiteral } = normalize(usage, name === "chat" ? args : args.slice(1));
  const late = name === "chat" ? misplacedCommand(rest) : undefined;
  if (late !== undefined) {
    return { run: "problem", message: `Write the command first: chat-client ${late} …` };
  }
  const parsed = parseOptions(usage.options, rest, usage.maxOperands);
  if ("problem" in parsed) return { run: "problem", message: parsed.problem + hintOf(usage) };
  const { values, operands } = parsed;
  if (values["help"] === true) return { run: "help", usage: name };
  if (values["version"] === true && !usage.isText) return { run: "version" };
  if (operands.length < usage.minOperands) {
    return { run: "problem", message: `"${name}" needs ${usage.operands}${hintOf(usage)}` };
  }
  const word = operands[0] ?? "";
  if (usage.words !== undefined && !usage.words.includes(word)) {
    return { run: "problem", message: `Cannot ${name} "${word}": use ${usage.words.join(", ")}` };
  }
  return { run: name, values, operands, isLiteral } as Invocation;
}

/** Makes the arguments of {@linkcode parseOptions}: long forms, and `--` before a text. */
function normalize(usage: Usage, args: readonly string[]): { rest: string[]; isLiteral: boolean } {
  const long = args.map(expandShort);
  const end = usage.isText ? leadingOptions(usage.options, long) : long.length;
  const isLiteral = long[end] === "--";
  const text = args.slice(isLiteral ? end + 1 : end);
  return { rest: usage.isText ? [...long.slice(0, end), "--", ...text] : long, isLiteral };
}

function hintOf({ isText }: Usage): string {
  return isText ? "; write -- before the text, which may then begin with -" : "";
}

/** A command's name that stands behind options, where it would be read as an address. */
function misplacedCommand(args: readonly string[]): string | undefined {
  const parsed = parseOptions<OptionTable>(CHAT, args, Infinity);
  return "problem" in parsed ? undefined : parsed.operands.slice(0, 1).find(isNamed);
}

function isNamed(word: string): word is UsageName {
  return word !== "chat" && Object.hasOwn(USAGES, word);
}

function expandShort(argument: string, index: number, all: readonly string[]): string {
  const past = all.indexOf("--");
  return past >= 0 && past < index ? argument : SHORT.get(argument) ?? argument;
}

function argumentsOf({ operands, isText }: Usage): string {
  if (isText) return `[OPTIONS] [--] ${operands}`;
  return [operands, "[OPTIONS]"].filter(Boolean).join(" ");
}

/** The text of `--help`. */
export function describeUsage(name: UsageName): string {
  const usage: Usage = USAGES[name];
  const called = name === "chat" ? "chat-client" : `chat-client ${name}`;
  const head = [
    `Usage: ${called} ${argumentsOf(usage)}`,
    "",
    `${usage.help}.`,
    "",
    describeOptions(usage.options),
  ];
  return [...head, ...(name === "chat" ? CHAT_HELP : [])].join("\n") + "\n";
}

const COMMANDS_HELP = Object.entries<Usage>(USAGES).filter(([name]) => name !== "chat").map((
  [name, { operands, help }],
) => `  ${`${name} ${operands}`.padEnd(26)}  ${help}`);

const CHAT_HELP = [
  "",
  "Commands (chat-client COMMAND --help says more):",
  ...COMMANDS_HELP,
  "",
  "ADDRESS is HOST[:PORT], chat://HOST[:PORT][/ROOM], or over TLS, chats://HOST[:PORT][/ROOM].",
  "An invitation is such an address with a code behind its room: chats://HOST/ROOM?code=CODE.",
  "A server may make its certificate itself: then its fingerprint is asked about once, or given",
  "as chats://HOST/#FINGERPRINT, and the server is known by it from then on.",
  "",
  "Where a value comes from, the first that has it: the command line; CHAT_SERVER,",
  "CHAT_NAME, CHAT_ROOM; the config file; what is asked for in a terminal; the default.",
  "A registered name's password: --password-file, which nobody else may be able to read;",
  "CHAT_PASSWORD; what is asked for in a terminal. It goes over TLS or on this machine alone.",
  "",
  'Config file, JSON: {"server": "work", "name": "Alice", "room": "General", "bell": true,',
  '"servers": {"work": "chat.example.org:12345"}}. It is config.json in the directory',
  "chat-client of $XDG_CONFIG_HOME (~/.config), ~/Library/Application Support or %APPDATA%.",
  "",
  "In a chat, /help lists the commands and keys; at a terminal, a line that is just exit ends it.",
  "In a pipe every line is sent as it is. After the first word of a text nothing is an option;",
  'scripts write -- before it: chat-client send --name Deploy -- "$TEXT"',
  "",
  "Exit codes: 0 done; 1 refused by the server, or the link was lost; 2 wrong usage;",
  "130, 143 ended by SIGINT, SIGTERM away from a terminal.",
];
