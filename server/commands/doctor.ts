/** `chat-server doctor`: looks at the machine, the files and the options, before or while a server runs. */

import type { Values } from "../../cli/options.ts";
import { messageOf } from "../../cli/system_errors.ts";
import { isTls, OPTIONS } from "../options.ts";
import { printLine } from "../process/standard_output.ts";
import { command, CommandFailure, dataPath, HELP } from "./parts/command.ts";
import { checkClock, checkDisk, checkFile, checkSync, checkWal } from "../doctor/files.ts";
import {
  checkCertificate,
  checkDescriptors,
  checkLoopback,
  checkPorts,
} from "../doctor/machine.ts";
import type { Finding } from "../doctor/finding.ts";

const { help: _help, version: _version, ...OTHERS } = OPTIONS;

const TABLE = { ...OTHERS, help: HELP };

/** `chat-server doctor`. */
export const doctor = command({
  operands: [],
  help: "Look for what would keep a server from running well",
  description: `
Give it the options of the server, or its --config: it looks at the log's file and its rights, the
disk, the limit on open files, the ports, the certificate and the clock, and prints a line for each:
ok, warn or fail, and what to do. A server that uses the file need not be stopped.

Exit codes: 0 nothing has failed, 1 something has, 2 wrong usage`,
  options: TABLE,
  run: (_, options) => examine(options),
});

/** The options that the doctor looks at. */
type Examined = Values<typeof TABLE>;

async function examine(examined: Examined): Promise<undefined> {
  const options = { ...examined, version: false };
  const path = options.memory ? undefined : dataPath(options.data);
  const checks: (() => Finding[] | Promise<Finding[]>)[] = [
    ...path === undefined ? [] : [
      () => checkFile(path),
      () => checkWal(path),
      () => checkDisk(path),
      () => checkSync(path, options.sync),
    ],
    () => checkClock(path, Date.now()),
    () => checkDescriptors(options["max-connections"], isTls(options)),
    () => checkPorts(options, path),
    () => checkLoopback(),
    () => checkCertificate(options["tls-cert"], Date.now()),
  ];
  let failed = 0;
  for (const check of checks) {
    for (const { level, what, text } of await attempt(check)) {
      if (level === "fail") failed++;
      await printLine(`${level.padEnd(4)}  ${what}: ${text}`);
    }
  }
  if (failed === 0) return undefined;
  throw new CommandFailure(1, `${failed} of the checks failed`);
}

/** Runs a check; one that cannot be made is a finding, too. */
async function attempt(check: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [{ level: "fail", what: "check", text: `cannot look: ${messageOf(error)}` }];
  }
}
