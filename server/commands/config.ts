/** `chat-server config`: shows the value of each option, and where it comes from. */

import type { Config } from "../config.ts";
import { settable } from "../config.ts";
import type { Values } from "../../cli/options.ts";
import { contradiction, OPTIONS } from "../options.ts";
import { command, CommandFailure, HELP } from "./parts/command.ts";

const { version: _version, ...OTHERS } = OPTIONS;

const TABLE = { ...OTHERS, help: HELP };

/** `chat-server config`. */
export const config = command({
  operands: [],
  help: "Show the value of each option, and where it comes from",
  description: `
Print the options with which chat-server would start here, and where each comes from: the
command line, the environment, the file of --config, or a default. The output is itself a
file for --config.`,
  options: TABLE,
  run: (_, options, config) => Promise.resolve(show(options, config)),
});

function show(options: Values<typeof TABLE>, config: Config): string {
  const wrong = contradiction({ ...options, version: false });
  if (wrong !== undefined) throw new CommandFailure(2, wrong);
  const rows = settable(OPTIONS).map(([name]) => {
    const value = config.values[name];
    const set = `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`;
    // JSON has no word for a value that is not there.
    const written = value === undefined ? `  // ${JSON.stringify(name)} is not set` : set;
    return [written, value === undefined ? "" : config.originOf(name)] as const;
  });
  const width = Math.max(...rows.map(([written]) => written.length));
  const lines = rows.map(([written, origin]) =>
    origin === "" ? written : `${written.padEnd(width)} // ${origin}`
  );
  return ["{", ...lines, "}"].join("\n");
}
