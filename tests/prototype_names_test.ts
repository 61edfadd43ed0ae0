/**
 * The names of `Object.prototype` are words like others, wherever a word comes from outside:
 * arguments, the config file, commands, names, rooms, and the fields of what the network sends.
 */

import { assert, assertEquals } from "@std/assert";
import { parseOptions } from "../cli/options.ts";
import { parseInvocation } from "../client/startup/options.ts";
import { NO_CONFIG, parseConfig, resolveSettings } from "../client/startup/settings.ts";
import { Chat } from "../core/chat/chat.ts";
import { submit } from "../core/chat/commands.ts";
import { complete } from "../core/chat/completion.ts";
import { pressSecret } from "../client/editor/secret_input.ts";
import { EMPTY_INPUT, press } from "../client/editor/line_input.ts";
import { decodeEvent, decodeRequest } from "../protocol/mod.ts";
import { OPTIONS } from "../server/options.ts";
import { PURE } from "./fixtures/pure.ts";
import { startServer } from "./fixtures/server.ts";

// Some releases of the runtime have no accessor `__proto__`, but all know it in JSON.
const NAMES = [...new Set([...Object.getOwnPropertyNames(Object.prototype), "__proto__"])];

Deno.test("the names of Object.prototype are arguments like others", PURE, () => {
  assert(NAMES.includes("constructor") && NAMES.includes("__proto__"));
  for (const name of NAMES) {
    for (const args of [[name], ["send", name], ["search", name, name], ["send", "--", name]]) {
      const invocation = parseInvocation(args);
      assert("operands" in invocation, `${args}`);
      assertEquals(invocation.operands.at(-1), name);
    }
    for (const args of [[`--${name}`], [`--${name}=x`], [`--no-${name}`, "x"], [`--${name}.y=1`]]) {
      for (const parsed of [parseInvocation(args), parseOptions(OPTIONS, args)]) {
        const said = "problem" in parsed ? parsed.problem : "message" in parsed && parsed.message;
        assertEquals(`${said}`.split("; ")[0], `Unknown option "${args[0]}"`);
      }
    }
    const room = parseInvocation(["who", "--room", name, "--name", name]);
    assert(room.run === "who");
    assertEquals([room.values.room, room.values.name], [name, name]);
    const completions = parseInvocation(["completions", name]);
    assert("message" in completions);
  }
});

Deno.test("the names of Object.prototype are fields, aliases and servers like others", PURE, () => {
  for (const name of NAMES) {
    const config = parseConfig(`{${JSON.stringify(name)}: 1}`);
    assertEquals(config, { problem: `it has the unknown field "${name}"` });
    const source = { server: name, name, room: name };
    const direct = resolveSettings([source], NO_CONFIG);
    const aliased = parseConfig(`{"servers": {${JSON.stringify(name)}: "chat.example.org:1"}}`);
    assert(!("problem" in aliased));
    const settings = resolveSettings([source], aliased);
    assert(!("problem" in settings) && "port" in settings.address, JSON.stringify(settings));
    assertEquals(settings.address, { hostname: "chat.example.org", port: 1 });
    assert("problem" in direct || settings.address !== direct.address);
  }
});

Deno.test("the names of Object.prototype are commands and keys like others", PURE, () => {
  const { state } = new Chat("Alice", "General", 0);
  const known = { rooms: NAMES, otherRooms: [], people: NAMES, banned: [] };
  for (const name of NAMES) {
    for (const line of [`/${name}`, `/${name} x`, `/help ${name}`, `/HELP /${name}`]) {
      const [effect] = submit(state, line);
      assert(effect?.kind === "show" && effect.item.kind === "problem", line);
    }
    for (const line of [`/${name}`, `/${name} x`, `/help ${name}`]) {
      assertEquals(complete(line, line.length, known).candidates, [], line);
    }
    assertEquals(complete(name, name.length, known).candidates, [`${name}: `]);
    const key = { kind: "named", name } as const;
    assertEquals(press(EMPTY_INPUT, key, () => known), [EMPTY_INPUT, undefined]);
    assertEquals(pressSecret("typed", key), { typed: "typed" });
  }
});

Deno.test("the names of Object.prototype are types and fields like others", PURE, () => {
  for (const name of NAMES) {
    const quoted = JSON.stringify(name);
    const refused = decodeRequest(`{"type": ${quoted}, "payload": {}}`);
    assert(refused.type === "refused");
    assertEquals(refused.error.payload.code, "unknown_type");
    assertEquals(decodeEvent(`{"type": ${quoted}, "payload": {}}`), undefined);
    const ping = decodeRequest(`{"type": "ping", "payload": {${quoted}: 1}, ${quoted}: {}}`);
    assertEquals(ping, { type: "ping", payload: {} });
    const error = decodeEvent(
      `{"type": "error", "payload": {"code": ${quoted}, "message": "no"}}`,
    );
    const effects = new Chat("Alice", "General", 0).receive(error!, 0);
    assert(effects.every(({ kind }) => kind === "show"));
  }
});

Deno.test("the names of Object.prototype are names and rooms like others", async () => {
  await using server = await startServer();
  for (const name of NAMES) {
    using client = await server.join(name, name);
    await client.send("message", { text: name, ref: 1 });
    const { payload } = await client.receive("message");
    assertEquals([payload.sender, payload.room, payload.text], [name, name, name]);
    await client.send("members", { room: name });
    assertEquals((await client.receive("members")).payload.members, [name]);
    await client.send("history", { room: name });
    assertEquals((await client.receive("history")).payload.messages.length, 1);
    await client.send("read", { room: name, seq: 1 });
    await client.send("join", { room: `${name} 2`, since: 0 });
    await client.receive("notification");
    await client.send("direct", { to: name, text: "to itself" });
    assertEquals((await client.receive("direct")).payload.to, name);
  }
});

const ROOT = new URL("../", import.meta.url);

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesIn(path) : path.endsWith(".ts") ? [path] : [];
  });
}

/** Declarations of objects that are looked up by any string, and look-ups in them. */
const DECLARED = /\b(\w+)\??: (?:Readonly<)?(?:Partial<)?Record<string, /g;

Deno.test("no object that has strings for keys is looked up without Object.hasOwn", () => {
  const files = ["protocol", "cli", "core", "server", "client"].flatMap(filesIn);
  const sources = files.map((file) => [file, Deno.readTextFileSync(new URL(file, ROOT))] as const);
  const tables = new Set(
    sources.flatMap(([, source]) => [...source.matchAll(DECLARED)].map(([, name]) => name)),
  );
  // Their keys come from the program's own tables, not from outside.
  for (const name of ["values", "payload", "record", "table"]) tables.delete(name);
  const unguarded = sources.flatMap(([file, source]) =>
    source.split("\n").flatMap((line, index) => {
      const [, table = "", key] = /\b(\w+)\[([a-z][\w.()]*)\]/.exec(line) ?? [];
      const isGuarded = line.includes(`Object.hasOwn(${table}, ${key})`);
      return tables.has(table) && !isGuarded ? [`${file}:${index + 1}: ${line.trim()}`] : [];
    })
  );
  assert(tables.has("COMMANDS") && files.length > 100);
  assertEquals(unguarded, []);
});
