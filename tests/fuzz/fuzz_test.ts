/** The fuzzer for some seconds, and tests that it would see what it looks for. */

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { encode } from "../../protocol/mod.ts";
import { CASES, readCases, scriptsOfCases } from "./cases.ts";
import { CLIENT_MODES, runClient } from "./client_run.ts";
import { scriptOf } from "./levels.ts";
import { Referee } from "./referee.ts";
import { ARENAS, runArena, scriptsOf } from "./run.ts";
import { readScript, type Script, writeScript } from "./script.ts";
import { fewest } from "./shrink.ts";
import { faultsOfLog } from "./stored.ts";
import { runWeb } from "./web_run.ts";
import { Directory } from "../fixtures/files.ts";
import { TestLog } from "../fixtures/log.ts";
import { PURE } from "../fixtures/pure.ts";

/** A different seed each time: a failure names it, and how to replay it. */
const seed = crypto.getRandomValues(new Uint32Array(1))[0] as number;

/** Inputs for all servers of a test run. */
const INPUTS = 10_000;

for (const arena of ARENAS) {
  Deno.test(`mutated conversations leave a server whole (${arena.name})`, async () => {
    const enough = INPUTS * arena.share;
    const { inputs, findings, acknowledged } = await runArena(arena, scriptsOf(seed), enough);
    assertEquals(findings, [], `deno task fuzz --seed ${seed} --inputs ${INPUTS}`);
    assert(inputs >= enough && acknowledged >= 2);
  });

  Deno.test(`what once broke a server breaks none any more (${arena.name})`, async () => {
    const cases = readCases(CASES);
    const { connections, findings } = await runArena(arena, scriptsOfCases(cases), Infinity);
    assertEquals([connections, findings], [cases.length, []]);
  });
}

Deno.test("mutated heads and frames leave a server whole", async () => {
  assertEquals(await runWeb(seed, 2_000), []);
});

for (const mode of CLIENT_MODES) {
  Deno.test(`mutated events leave a client whole (${mode})`, async () => {
    assertEquals(await runClient(seed, mode, 1_000), []);
  });
}

Deno.test("scriptOf() gives the same bytes for the same seed, and others for another", PURE, () => {
  for (let peer = 0; peer < 50; peer++) {
    const { script } = scriptOf(1, peer);
    assertEquals(scriptOf(1, peer).script, script);
    assertNotEquals(scriptOf(2, peer).script, script);
  }
});

Deno.test("scriptOf() has all levels, and sends each input that it counts", PURE, () => {
  const levels = new Map<string, number>();
  for (let peer = 0; peer < 200; peer++) {
    const { level, script } = scriptOf(3, peer);
    const sendings = script.filter((step) => "send" in step);
    const inputs = sendings.reduce((sum, step) => sum + step.inputs, 0);
    levels.set(level, (levels.get(level) ?? 0) + inputs);
  }
  assertEquals([...levels.keys()].sort(), ["bytes", "json", "lines", "protocol"]);
  for (const [level, inputs] of levels) assertGreater(inputs, 100, level);
});

Deno.test("readScript() gives back what writeScript() wrote", PURE, () => {
  for (let peer = 0; peer < 100; peer++) {
    const { script } = scriptOf(4, peer);
    const written = JSON.parse(JSON.stringify(writeScript(script)));
    assertEquals(bytesOf(readScript(written)), bytesOf(script));
  }
});

function bytesOf(script: Script): unknown[] {
  return script.map((step) => "send" in step ? step.send : step.act);
}

Deno.test("fewest() finds those that break it together", PURE, async () => {
  const items = Array.from({ length: 40 }, (_, index) => index);
  const breaks = (some: readonly number[]) =>
    Promise.resolve(some.includes(7) && some.includes(31));
  assertEquals(await fewest(items, breaks), [7, 31]);
});

const SAID = { sender: "Ada", room: "Lab", text: "Hi", seq: 1, at: 1_767_225_600_000 };

Deno.test("Referee lets what the protocol allows pass", PURE, () => {
  const referee = new Referee();
  for (
    const line of [
      encode({ type: "message", payload: SAID }),
      encode({
        type: "members",
        payload: { room: "Lab", members: ["Ada"], total: 1, more: false },
      }),
      encode({ type: "error", payload: { code: "bad_name", message: "No" } }),
      encode({ type: "topic", payload: { room: "Lab", topic: "" } }),
    ]
  ) assertEquals(typeof referee.judge(line.trimEnd()), "object", line);
});

Deno.test("Referee finds what a server may not send", PURE, () => {
  const wrong: [what: string, line: string, lecture?: true][] = [
    ["no event", "nonsense"],
    ["no event", '{"type":"message","payload":{"sender":"Ada"}}'],
    ["no event", '{"type":"constructor","payload":{}}'],
    ["sender", JSON.stringify({ type: "message", payload: { ...SAID, sender: "Ada\u202e" } })],
    ["sender", JSON.stringify({ type: "message", payload: { ...SAID, sender: "e\u0301" } })],
    ["text", JSON.stringify({ type: "message", payload: { ...SAID, text: "\ud800" } })],
    ["text", JSON.stringify({ type: "message", payload: { ...SAID, text: "x".repeat(5000) } })],
    ["at", JSON.stringify({ type: "message", payload: { ...SAID, at: 1 } })],
    ["seq", JSON.stringify({ type: "message", payload: { ...SAID, seq: -1 } })],
    ["no table has", JSON.stringify({ type: "message", payload: { ...SAID, isAdmin: true } })],
    [
      "messages.room",
      '{"type":"search","payload":{"messages":[' +
      `${JSON.stringify({ ...SAID, room: " " })}],"more":false}}`,
    ],
    [
      "members.[]",
      '{"type":"members","payload":{"room":"a","members":[""],"total":1,"more":false}}',
    ],
    ["code", '{"type":"error","payload":{"code":"toString","message":"x"}}'],
    ["lecture", '{"type":"pong","payload":{}}', true],
  ];
  for (const [what, line, lecture] of wrong) {
    const referee = new Referee();
    if (lecture) referee.judge('{"type":"connect_ack","payload":{"message":"Connected."}}');
    const verdict = referee.judge(line);
    assert(typeof verdict === "string" && verdict.includes(what), `${line}: ${verdict}`);
  }
});

Deno.test("faultsOfLog() finds nothing in a log as it should be", async () => {
  using copy = await logWith(() => {});
  assertEquals(faultsOfLog(copy.file()), []);
});

Deno.test("faultsOfLog() finds what must not be in a log", async () => {
  const wrong: [what: string, sql: string][] = [
    ["room.name", "UPDATE room SET name = 'La' || char(8238) || 'b'"],
    ["is found by", "UPDATE room SET fold = 'lob'"],
    ["room.topic", "UPDATE room SET topic = char(27)"],
    ["message.text", "UPDATE message SET text = ''"],
    ["message.at", "UPDATE message SET at = 1"],
    ["message.sender", "UPDATE message SET sender = ' Ada'"],
    ["with a gap", "DELETE FROM message WHERE id % 4294967296 = 1"],
    ["whose seq is not", "UPDATE room SET seq = 7"],
    [
      "of no room",
      "INSERT INTO message (id, sender, text, at) VALUES (99 << 32 | 1, 'Ada', 'Hi', 1700000000000)",
    ],
    ["session.rooms", `UPDATE session SET rooms = '["../x\u2028"]'`],
    ["claim.hash", ACCOUNT],
    ["the password", "UPDATE message SET text = 'correct horse' WHERE id % 4294967296 = 1"],
    ["highest", "UPDATE session SET ref = 0"],
  ];
  for (const [what, sql] of wrong) {
    using copy = await logWith((database) => database.exec(sql));
    const faults = faultsOfLog(copy.file());
    assert(faults.some((fault) => fault.includes(what)), `${sql}: ${faults}`);
  }
});

/** An account whose password was not hashed. */
const ACCOUNT = `INSERT INTO claim VALUES
  (1, 'ada', 'Ada', 1, '${"0".repeat(32)}', 'secret', 1, 1, 1, 1767225600000, 1767225600000, 0)`;

/** A log with three messages of a session, changed by `change` behind the server's back. */
async function logWith(change: (database: DatabaseSync) => void): Promise<Directory> {
  const copy = new Directory();
  await using test = await TestLog.open("file");
  const [session, author] = ["a".repeat(64), { sender: "Ada", session: "a".repeat(64) }];
  await test.append(
    { kind: "session", session, name: "Ada", rooms: ["Lab"] },
    ...[1, 2, 3].map((ref) =>
      ({ kind: "message", room: "Lab", text: "a\0b", ref, ...author }) as const
    ),
  );
  await test.reopen();
  Deno.copyFileSync(test.path, copy.file());
  const database = new DatabaseSync(copy.file());
  change(database);
  database.close();
  return copy;
}
