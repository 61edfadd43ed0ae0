/** Runs the chat or one of the commands, as the parsed command line says. */

import { inputText } from "./lines/input.ts";
import { runLines } from "./lines/lines_mode.ts";
import {
  describeUsage,
  type Invocation,
  parseInvocation,
  type Usage,
  type UsageName,
  USAGES,
} from "./startup/options.ts";
import { flushed, stdout } from "./lines/output.ts";
import { Failure } from "./startup/failure.ts";
import { prepare } from "./startup/start.ts";
import type { OrderName } from "../core/rights/orders.ts";

type Run<Name extends UsageName> = (
  invocation: Extract<Invocation, { run: Name }>,
) => Promise<number>;

/** Runs a command that changes who may what in a room. */
const runOrderOf = async (
  { run, values, operands }: Extract<Invocation, { run: Exclude<OrderName, "invite"> }>,
) => {
  const { runOrder } = await import("./lines/order_run.ts");
  return await runOrder(await prepare(values), run, operands, shapeOf(values));
};

// Each run imports its own modules when it starts, which keeps the time to the prompt short.
const RUNS: { [Name in UsageName]: Run<Name> } = {
  chat: async ({ values, operands }) => {
    const user = Deno.stdin.isTerminal() && !values.json ? "person" : "script";
    const isScreen = !values.json && !values.plain && isTerminal();
    const retryFor = isScreen ? Infinity : values.retry * 1000;
    const start = await prepare(values, { operand: operands[0], user, retryFor });
    if (values.json) return await (await import("./lines/json_mode.ts")).runJson(start);
    if (isScreen) {
      const { runTerminal } = await import("./terminal/terminal_mode.ts");
      return await runTerminal(start, start.bell && !values["no-bell"]);
    }
    return await runLines(start, { timestamps: values.timestamps });
  },
  send: async ({ values, operands, isLiteral }) => {
    const written = operands.join(" ");
    const text = written === "-" && !isLiteral ? await inputText() : written;
    if (text === "") throw new Failure(2, "There is nothing to send");
    const retryFor = values.retry * 1000;
    const start = await prepare(values, { retryFor });
    const { runSend } = await import("./lines/one_shot.ts");
    return await runSend(start, text);
  },
  tail: async ({ values }) => {
    const { runFollow, runTail } = await import("./lines/one_shot.ts");
    const { lines, before, timestamps, retry, follow } = values;
    if (follow && before > 0) throw new Failure(2, "--before and --follow exclude each other");
    const retryFor = retry * 1000;
    const start = await prepare(values, { retryFor });
    const run = follow ? runFollow : runTail;
    return await run(start, { lines, before, timestamps }, shapeOf(values));
  },
  search: async ({ values, operands }) => {
    const { runSearch } = await import("./lines/one_shot.ts");
    const { from, lines } = values;
    const start = await prepare(values);
    return await runSearch(start, { query: operands.join(" "), from, lines }, shapeOf(values));
  },
  rooms: async ({ values }) => {
    const { runRooms } = await import("./lines/one_shot.ts");
    return await runRooms(await prepare(values), shapeOf(values));
  },
  who: async ({ values }) => {
    const { runWho } = await import("./lines/one_shot.ts");
    return await runWho(await prepare(values), shapeOf(values));
  },
  about: async ({ values }) => {
    const { runAbout } = await import("./lines/order_run.ts");
    return await runAbout(await prepare(values), shapeOf(values));
  },
  log: async ({ values }) => {
    const { runLog } = await import("./lines/order_run.ts");
    return await runLog(await prepare(values), values, shapeOf(values));
  },
  bans: async ({ values }) => {
    const { runBans } = await import("./lines/order_run.ts");
    return await runBans(await prepare(values), shapeOf(values));
  },
  invite: async ({ values, operands }) => {
    const { runInvite } = await import("./lines/order_run.ts");
    const { uses, days } = values;
    const wanted = { name: operands[0], uses, days };
    return await runInvite(await prepare(values), wanted, shapeOf(values));
  },
  kick: runOrderOf,
  ban: runOrderOf,
  unban: runOrderOf,
  mute: runOrderOf,
  unmute: runOrderOf,
  role: runOrderOf,
  access: runOrderOf,
  slow: runOrderOf,
  "topic-by": runOrderOf,
  completions: async ({ operands }) => {
    const { completions } = await import("./startup/shell_completions.ts");
    return print(completions(operands[0] ?? ""));
  },
};

/** How a text is told from an option. */
const LITERAL = "a text that is --help goes behind --";

/** Runs the command line; resolves with the exit code, rejects with a {@linkcode Failure}. */
export async function runInvocation(args: string[], version: string): Promise<number> {
  const invocation = parseInvocation(args);
  if (invocation.run === "problem") throw new Failure(2, `${invocation.message}; try --help`);
  try {
    if (invocation.run === "help") return printHelp(invocation.usage);
    if (invocation.run === "version") return print(`chat-client ${version}\n`);
    // The compiler can't see that the table's row and the invocation are of one name.
    return await (RUNS[invocation.run] as Run<UsageName>)(invocation);
  } finally {
    await flushed();
  }
}

/** Whether standard input and output are a terminal that can move its cursor. */
function isTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
}

function shapeOf({ json }: { json: boolean }): "json" | "text" {
  return json ? "json" : "text";
}

/** Help where a text was expected is no success: a script may have had a text that is `--help`. */
function printHelp(name: UsageName): number {
  print(describeUsage(name));
  const { isText }: Usage = USAGES[name];
  if (isText) throw new Failure(2, `Nothing was done: ${name} was asked for its help; ${LITERAL}`);
  return 0;
}

function print(text: string): number {
  stdout.write(text);
  return 0;
}
