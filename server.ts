/** `chat-server`: reads its options, starts, and stops cleanly on a signal. */

import config from "./deno.json" with { type: "json" };
import { type Command, CommandFailure } from "./server/commands/parts/command.ts";
import { commandHelp, COMMANDS, parseCommand } from "./server/commands/commands.ts";
import { helpText } from "./server/commands/help.ts";
import { ConfigProblem, configure } from "./server/config.ts";
import type { ServerConfig } from "./server/config_reload.ts";
import { contradiction, OPTIONS, SOURCES } from "./server/options.ts";
import { dropFileAccess, dropNetworkAccess } from "./server/process/permissions.ts";
import { printLine } from "./server/process/standard_output.ts";
import { surviveFileSizeLimit } from "./server/process/system_limits.ts";
import { type Running, start } from "./server/start.ts";
import { StartFailure } from "./server/process/start_failure.ts";

const NAME = "chat-server";

if (import.meta.main) await main(Deno.args);

/** Runs the server that `args` ask for, until a signal stops it. */
export async function main(args: string[]): Promise<void> {
  surviveFileSizeLimit();
  const [name = "", ...rest] = args;
  const command = COMMANDS.get(name);
  if (command !== undefined) return await runCommand(name, command, rest);
  const options = await readOptions(args);
  if (options.values.help) return await print(helpText().trimEnd());
  if (options.values.version) return await print(`${NAME} ${config.version}`);
  try {
    const running = await start(options, `${NAME} ${config.version}`);
    dropFileAccess();
    // TLS uses connections within the machine.
    if (!running.isTls) dropNetworkAccess();
    stopOnSignals(running);
    reloadOnSignal(running);
    await announce(running);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    await fail(1, error.message);
  }
}

/** The options that the server starts with; ends the program where they cannot be used. */
async function readOptions(args: string[]): Promise<ServerConfig> {
  try {
    const options = configure(OPTIONS, args, SOURCES);
    const wrong = contradiction(options.values);
    return wrong === undefined ? options : await fail(2, `${wrong}; try --help`);
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error;
    return await fail(2, `${error.message}; try --help`);
  }
}

/** Runs a subcommand, with the arguments behind its name. */
async function runCommand(name: string, command: Command, args: string[]): Promise<void> {
  const parsed = parseCommand(name, command, args);
  if ("problem" in parsed) return await fail(2, parsed.problem);
  if (parsed.config.values["help"]) return await print(commandHelp(name, command));
  try {
    const { operands, values } = parsed.config;
    const text = await command.run(operands, values, parsed.config);
    if (text !== undefined) await print(text);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    await fail(error.code, error.message);
  }
}

/** The first signal stops the server cleanly, the second at once. */
function stopOnSignals(running: Running): void {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  let asked = false;
  const stop = () => {
    if (asked) Deno.exit(1);
    asked = true;
    running.stop().then((problem) => {
      if (problem !== undefined) return fail(1, `The log ${problem}`);
      Deno.exit(0);
    });
  };
  for (const signal of signals) Deno.addSignalListener(signal, stop);
}

/** Where there is nothing to reload, the signal has its usual effect. */
function reloadOnSignal({ reload }: Running): void {
  if (reload === undefined || Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGHUP", () => void reload());
}

/** Prints the addresses. A server that nothing reads from its stdout is a server all the same. */
async function announce({ listening, pages, logger }: Running): Promise<void> {
  const lines = [
    ...listening.map((address) => `Listening on ${address}`),
    ...pages.map((address) => `In a browser: ${address}`),
  ];
  for (const line of lines) {
    const reason = await printLine(line);
    if (reason !== undefined) logger.log("warn", "cannot write to stdout", { line, reason });
  }
}

/** Prints what was asked for, or ends the program. */
async function print(text: string): Promise<void> {
  const reason = await printLine(text);
  if (reason !== undefined) await fail(1, `Cannot write to stdout: ${reason}`);
}

/** Ends the program, whether stderr takes the reason or not. */
async function fail(code: number, reason: string): Promise<never> {
  await printLine(`${NAME}: ${reason}`, Deno.stderr);
  Deno.exit(code);
}
