import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  describeOptions,
  itemsOf,
  list,
  oneOf,
  parseOptions,
  text,
  toggle,
  wholeNumber,
} from "../../cli/options.ts";
import { PURE } from "../fixtures/pure.ts";

const TABLE = {
  host: text("address", "127.0.0.1", "where to listen"),
  name: text("name", undefined, "your name"),
  port: wholeNumber("number", 12345, [1, 65535], "the port"),
  log: oneOf(["none", "error", "all"], "error", "what to log"),
  quiet: toggle("say nothing"),
  "no-bell": toggle("stay silent"),
};

const DEFAULTS = {
  host: "127.0.0.1",
  name: undefined,
  port: 12345,
  log: "error",
  quiet: false,
  "no-bell": false,
};

/** The values of `args`, which must be valid and have no operands. */
function valuesOf(...args: string[]) {
  const parsed = parseOptions(TABLE, args);
  assert("values" in parsed, JSON.stringify(parsed));
  assertEquals(parsed.operands, []);
  return parsed.values;
}

function problemOf(...args: string[]): string | undefined {
  const parsed = parseOptions(TABLE, args);
  return "problem" in parsed ? parsed.problem : undefined;
}

Deno.test("parseOptions() gives each option its default, then what was said", PURE, () => {
  assertEquals<unknown>(valuesOf(), DEFAULTS);
  const cases: [args: string[], values: Record<string, unknown>][] = [
    [["--host", "::"], { host: "::" }],
    [["--host=::1"], { host: "::1" }],
    [["--name=a=b"], { name: "a=b" }],
    [["--name", "Anna Lena"], { name: "Anna Lena" }],
    [["--name", "42"], { name: "42" }],
    [["--name=007"], { name: "007" }],
    [["--name=--host"], { name: "--host" }],
    [["--name=true"], { name: "true" }],
    [["--name=a\nb"], { name: "a\nb" }],
    [["--port", "80"], { port: 80 }],
    [["--port=1"], { port: 1 }],
    [["--port", "65535"], { port: 65535 }],
    [["--port=0080"], { port: 80 }],
    [["--log", "all"], { log: "all" }],
    [["--log=none"], { log: "none" }],
    [["--quiet"], { quiet: true }],
    [["--quiet=true"], { quiet: true }],
    [["--no-bell"], { "no-bell": true }],
    [["--quiet=false"], { quiet: false }],
    [["--port", "1", "--port", "2"], { port: 2 }],
    [["--quiet", "--name", "a", "--port=1"], { quiet: true, name: "a", port: 1 }],
  ];
  for (const [args, values] of cases) {
    assertEquals<unknown>(valuesOf(...args), { ...DEFAULTS, ...values }, args.join(" "));
  }
});

Deno.test("parseOptions() gives values of the types that the table says", PURE, () => {
  const values = valuesOf("--name", "a");
  const host: string = values.host;
  const name: string | undefined = values.name;
  const port: number = values.port;
  const log: "none" | "error" | "all" = values.log;
  const quiet: boolean = values.quiet;
  assertEquals([host, name, port, log, quiet], ["127.0.0.1", "a", 12345, "error", false]);
});

Deno.test("parseOptions() says which option has a bad value, and what it must be", PURE, () => {
  const number = "--port must be a whole number from 1 to 65535";
  for (
    const value of ["0", "65536", "-1", "+1", "1.0", "1e3", "0x10", " 1", "1 ", "", "x", "١", "NaN"]
  ) {
    assertEquals(problemOf(`--port=${value}`), number, value);
  }
  assertEquals(problemOf(`--port=${"9".repeat(400)}`), number);
  assertEquals(problemOf("--port"), number);
  assertEquals(problemOf("--port", "--quiet"), number);
  for (const value of ["", "Error", "err", "all,none", "toString"]) {
    assertEquals(problemOf(`--log=${value}`), "--log must be one of none, error, all");
  }
  for (const args of [["--name="], ["--name", ""], ["--name"], ["--name", "--quiet"]]) {
    assertEquals(problemOf(...args), "--name must not be empty");
  }
  assertEquals(problemOf("--host="), "--host must not be empty");
});

Deno.test("parseOptions() names the first option that it does not know", PURE, () => {
  for (
    const unknown of [
      "--nope",
      "--nope=1",
      "--Port=1",
      "--no-quiet",
      "--bell",
      "--port.x=1",
      "--constructor",
      "--__proto__=1",
      "--__proto__.polluted=1",
      "--_",
      "--_=x",
      "---quiet",
      "-q",
      "-port",
      "-5",
    ]
  ) {
    for (const args of [[unknown], ["--quiet", unknown], [unknown, "--other"], [unknown, "x"]]) {
      assertEquals(problemOf(...args), `Unknown option "${unknown}"`);
    }
  }
  assertEquals(Object.keys(Object.prototype), []);
});

Deno.test("parseOptions() takes as many operands as it may, as they were written", PURE, () => {
  const operandsOf = (most: number, ...args: string[]) => {
    const parsed = parseOptions(TABLE, args, most);
    return "operands" in parsed ? parsed.operands : parsed.problem;
  };
  assertEquals(operandsOf(0), []);
  assertEquals(operandsOf(1, "a"), ["a"]);
  assertEquals(operandsOf(2, "a", "--quiet", "--port", "1", "b"), ["a", "b"]);
  assertEquals(operandsOf(4, "007", "1e3", "", "-"), ["007", "1e3", "", "-"]);
  assertEquals(operandsOf(3, "a", "--", "--quiet", "007"), ["a", "--quiet", "007"]);
  assertEquals(operandsOf(0, "a"), 'Unexpected argument "a"');
  assertEquals(operandsOf(1, "a", "b", "c"), 'Unexpected argument "b"');
  assertEquals(operandsOf(0, "--", "--quiet"), 'Unexpected argument "--quiet"');
  assertEquals(operandsOf(0, "a", "--nope"), 'Unknown option "--nope"');
});

Deno.test("parseOptions() leaves the arguments and the table as they were", PURE, () => {
  const args = Object.freeze(["--port", "1", "a"]);
  const table = Object.freeze({ ...TABLE });
  assertEquals(parseOptions(table, args, 1), parseOptions(table, args, 1));
});

Deno.test("describeOptions() aligns the help, and shows the defaults of values", PURE, () => {
  assertEquals(
    describeOptions(TABLE),
    [
      "  --host address        where to listen [default: 127.0.0.1]",
      "  --name name           your name",
      "  --port number         the port [default: 12345]",
      "  --log none|error|all  what to log [default: error]",
      "  --quiet               say nothing",
      "  --no-bell             stay silent",
    ].join("\n"),
  );
  assertEquals(describeOptions({ quiet: toggle("say nothing") }), "  --quiet  say nothing");
  assertEquals(describeOptions({}), "");
});

Deno.test("describeOptions() names defaults that parseOptions() takes", PURE, () => {
  for (const line of describeOptions(TABLE).split("\n")) {
    const initial = /\[default: (.*)\]$/.exec(line)?.[1];
    const name = /--([\w-]+)/.exec(line)?.[1] ?? "";
    assertMatch(name, /^[\w-]+$/);
    if (initial !== undefined) assertEquals(problemOf(`--${name}=${initial}`), undefined);
  }
});

Deno.test("a list is one text with commas, also when it is given in parts", PURE, () => {
  const table = {
    names: list("NAMES", { item: /^[a-z]+$/, expected: "must be words", help: "x" }),
  };
  const values = (...args: string[]) => {
    const parsed = parseOptions(table, args);
    return "values" in parsed ? itemsOf(parsed.values.names) : parsed.problem;
  };
  assertEquals(values(), []);
  assertEquals(values("--names", "a,b"), ["a", "b"]);
  assertEquals(values("--names", "a,b", "--names=c"), ["a", "b", "c"]);
  for (const wrong of ["", "a,", "a b", "A"]) {
    assertEquals(values("--names", wrong), "--names must be words");
  }
});
