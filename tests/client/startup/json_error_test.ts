import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonError } from "../../../client/startup/json_error.ts";
import { parseConfig } from "../../../client/startup/settings.ts";
import { Home, runClient } from "../../fixtures/client.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("jsonError() names the line and what is wrong there", PURE, () => {
  const cases: [string, string][] = [
    ["", "line 1: it ends before a value"],
    ['{\n  "name": "A",\n}', "line 3: no comma may stand before }"],
    ['["A", ]', "line 1: no comma may stand before ]"],
    ['{\n  // who I am\n  "name": "A"\n}', "line 2: JSON has no comments"],
    ['{"name": "A" /* me */}', "line 1: JSON has no comments"],
    ['# me\n{"name": "A"}', "line 1: JSON has no comments"],
    ["{'name': 'A'}", 'line 1: strings are written in straight double quotes ("…")'],
    ["{“name”: “A”}", 'line 1: strings are written in straight double quotes ("…")'],
    ['{name: "A"}', "line 1: there should be a name in double quotes or }, not name"],
    ['{"name": Alice}', "line 1: there should be a value, not Alice"],
    ['{"name" = "A"}', "line 1: there should be a colon, not ="],
    ['{\r\n"name": "A"\r\n"room": "B"}', 'line 3: there should be a comma or }, not "'],
    ['{"name": "A"', "line 1: it ends before a comma or }"],
    ['{"name": "A"}}', "line 1: there should be nothing more, not }"],
    ['{"a": "C:\\Users"}', 'line 1: a backslash in a string is written "\\\\"'],
    [
      '{"a": "A\n}',
      "line 1: a string is not closed on its line, or has a wrong escape or a control character",
    ],
    ['{"a": 01}', "line 1: there should be a value, not 01"],
    ['{"a": True}', "line 1: there should be a value, not True"],
    ['{"a": ,}', "line 1: there should be a value, not ,"],
    ["{]", "line 1: there should be a name in double quotes or }, not ]"],
  ];
  for (const [text, error] of cases) assertEquals(jsonError(text), error, text);
});

Deno.test("jsonError() finds an error exactly where JSON.parse() does", PURE, () => {
  const mutated = fc.tuple(
    fc.json(),
    fc.nat(),
    fc.nat(4),
    fc.constantFrom(...'{}[],:"\\ \n0e-.tx#'),
  )
    .map(([json, at, removed, added]) => {
      const index = at % (json.length + 1);
      return json.slice(0, index) + added + json.slice(index + removed);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), mutated, fc.string()), (text) => {
      assertEquals(jsonError(text) === undefined, isJson(text), text);
    }),
    { numRuns: 5_000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

Deno.test(
  "parseConfig() takes a byte order mark, and names an encoding that it does not take",
  PURE,
  () => {
    const config = parseConfig('\uFEFF{"name": "A"}');
    assertEquals("name" in config && config.name, "A");
    const utf16 = new Uint8Array([
      0xff,
      0xfe,
      ...[...'{"name": "A"}'].flatMap((c) => [c.charCodeAt(0), 0]),
    ]);
    assertEquals(parseConfig(new TextDecoder().decode(utf16)), {
      problem: "it is not UTF-8; save it in that encoding",
    });
  },
);

Deno.test("chat-client names the config file and the line that it cannot read", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const path = `${home.path}/settings.json`;
  const head = `\uFEFF{"server": "${server.address}",\n"name": "Ada"`;
  Deno.writeTextFileSync(path, `${head},\n}\n`);
  assertEquals(await runClient(home, ["who", "--config", path]), {
    code: 2,
    stdout: [],
    stderr: [
      `chat-client: Cannot use the config file ${path}: line 3: no comma may stand before }`,
    ],
  });
  Deno.writeTextFileSync(path, `${head}}\n`);
  assertEquals((await runClient(home, ["send", "--config", path, "Hello"])).code, 0);
});
