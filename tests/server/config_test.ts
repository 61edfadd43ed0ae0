import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigProblem, configure } from "../../server/config.ts";
import { OPTIONS } from "../../server/options.ts";

/** The server's options as `args`, an environment and a file's text give them. */
function read(
  args: string[],
  env: Record<string, string> = {},
  text?: string,
) {
  const readFile = () => text === undefined ? { problem: "No such file" } : { text, mode: null };
  const variables = new Map(Object.entries(env));
  return configure(OPTIONS, args, {
    env: (name) => variables.get(name),
    readFile,
    shared: OPTIONS,
  });
}

/** The problem of a config file with this text. */
function problemIn(text: string): string {
  const { message } = assertThrows(() => read(["--config", "c.jsonc"], {}, text), ConfigProblem);
  return message;
}

Deno.test("the command line goes before the environment, that before the file, that before a default", () => {
  const file = '{ "port": 1, "max-rooms": 1, "host": "::1" /* here */, "tls": true, } // end';
  const env = { CHAT_SERVER_PORT: "2", CHAT_SERVER_MAX_ROOMS: "2", CHAT_SERVER_CONFIG: "c.jsonc" };
  const config = read(["--port", "3", "--tls=false"], env, file);
  const names = ["port", "max-rooms", "host", "tls", "sync"] as const;
  assertEquals<unknown>(names.map((name) => [config.values[name], config.originOf(name)]), [
    [3, "--port"],
    [2, "CHAT_SERVER_MAX_ROOMS"],
    ["::1", "c.jsonc"],
    [false, "--tls"],
    ["full", "default"],
  ]);
});

Deno.test("--config goes before CHAT_SERVER_CONFIG, and an empty variable counts as none", () => {
  const env = { CHAT_SERVER_CONFIG: "other", CHAT_SERVER_PORT: "", CHAT_SERVER_TLS: "no" };
  const config = read(["--config=c.jsonc"], env, '{"tls": true}');
  assertEquals([config.file, config.values.port, config.values.tls], ["c.jsonc", 12345, false]);
  assertEquals(read([], { CHAT_SERVER_CONFIG: "" }).file, undefined);
});

Deno.test("a mistake in a config file is named with the file, its key and what is allowed", () => {
  const cases: [text: string, reason: string][] = [
    ['{"prot": 1}', 'there is no option "prot"; did you mean "port"?'],
    ['{"max_rooms": 1}', 'did you mean "max-rooms"?'],
    ['{"__proto__": 1}', 'there is no option "__proto__"'],
    ['{"a\\u001b[2J": 1}', 'there is no option "a␛[2J"'],
    ['{"port": "80"}', '"port" must be a whole number from 0 to 65535'],
    ['{"port": 1.5}', '"port" must be a whole number from 0 to 65535'],
    ['{"port": null}', '"port" must be a whole number from 0 to 65535'],
    ['{"tls": "true"}', '"tls" must be true or false'],
    ['{"data": true}', '"data" must be a text in quotes'],
    ['{"data": ""}', '"data" must be a text in quotes'],
    ['{"plain": "no"}', '"plain" must be one of host, loopback, off, in quotes'],
    ['{"help": true}', '"help" is for the command line alone'],
    ['{"config": "d"}', '"config" is for the command line alone'],
    ["[]", 'it must be one object, as { "port": 12345 }'],
    ["null", "it must be one object"],
    ["", "unexpected end"],
    ['{"port": 1', "unexpected end"],
    ['{\n  "port": 1,\n  oops\n}', "in line 3"],
  ];
  for (const [text, reason] of cases) {
    const problem = problemIn(text);
    assert(problem.startsWith("The config file c.jsonc: ") && problem.includes(reason), problem);
  }
  const unreadable = assertThrows(() => read(["--config", "c.jsonc"]), ConfigProblem);
  assertEquals(unreadable.message, "Cannot read the config file c.jsonc: No such file");
});

Deno.test("a mistake in the environment is named with the variable and what is allowed", () => {
  const cases: [variable: string, value: string, reason: string][] = [
    ["CHAT_SERVER_PORT", "x", "must be a whole number from 0 to 65535"],
    ["CHAT_SERVER_TLS", "maybe", "must be true or false"],
    ["CHAT_SERVER_LOG_LEVEL", "loud", "must be one of debug, info, warn, error"],
  ];
  for (const [variable, value, reason] of cases) {
    const { message } = assertThrows(() => read([], { [variable]: value }), ConfigProblem);
    assertEquals(message, `${variable} ${reason}`);
  }
});

Deno.test("--help and --version are to be had with a config file that is wrong", () => {
  assert(read(["--help"], { CHAT_SERVER_PORT: "x", CHAT_SERVER_CONFIG: "gone" }).values.help);
  assert(read(["--version", "--config", "gone"]).values.version);
});

Deno.test("a file that is read again changes what the command line and the environment leave to it", () => {
  const config = read(["--port", "3", "--config", "c"], { CHAT_SERVER_SYNC: "normal" }, "{}");
  const again = config.reread({ text: '{"port": 1, "sync": "full", "max-rooms": 5}', mode: null });
  const { port, sync, "max-rooms": rooms } = again.values;
  assertEquals([port, sync, rooms], [3, "normal", 5]);
  assertThrows(() => config.reread({ text: "{", mode: null }), ConfigProblem);
  assertThrows(() => config.reread({ problem: "gone" }), ConfigProblem, "gone");
});
