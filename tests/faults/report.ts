/** The result of a run as Markdown. */

import { DatabaseSync } from "node:sqlite";
import config from "../../deno.json" with { type: "json" };
import { MEANING, type Wrong } from "./oracle.ts";
import type { Result } from "./run.ts";

/** A run of faults. */
export interface Run {
  /** The command line. */
  command: string;
  seed: number;
  results: readonly Result[];
}

const COLUMNS: Wrong[] = ["lost", "doubled", "reordered", "unkept"];

/** The report. */
export function report(run: Run): string {
  return `# Fault report

Written by \`${run.command}\` on ${new Date().toISOString().slice(0, 10)}, seed ${run.seed}.
${machine()}

${table(run.results)}

${summary(run.results)}

## How to read it

Real processes and real sockets, on loopback. *Acknowledged* messages are those whose senders got
their own copy back. After every fault the clients come back, all settles, and an oracle that
knows nothing of the server's code compares the notes of each client with the history that the
server shows. The other columns count the disagreements:

${COLUMNS.map((wrong) => `- *${wrong}*: ${MEANING[wrong]}.`).join("\n")}

A fault ends at its first finding; a fault that fails in another way is described below the table.
The seed determines the moments of the faults, in acknowledgements or bytes. It does not determine
how processes and packets interleave around them: a replay makes the same faults, not the same
microseconds.

## The faults

${run.results.map(section).join("\n\n")}
`;
}

/** The table alone. */
export function table(results: readonly Result[]): string {
  const head = ["Fault", "Rounds", "Acknowledged", ...COLUMNS.map(capitalized), "Seconds"];
  const rows = results.map((result) => [
    result.fault.name,
    result.skipped === undefined ? `${result.rounds}` : "not run",
    `${result.acknowledged}`,
    ...COLUMNS.map((wrong) => `${countOf(result, wrong)}`),
    result.seconds.toFixed(0),
  ]);
  const rule = head.map((_, index) => index === 0 ? ":--" : "--:");
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] as string).length))
  );
  const lines = [head, rule, ...rows].map((row, line) =>
    row.map((cell, column) => padded(cell, widths[column] as number, line === 1, column === 0))
  );
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function padded(cell: string, width: number, isRule: boolean, isFirst: boolean): string {
  if (isRule) return isFirst ? cell.padEnd(width, "-") : cell.padStart(width, "-");
  return isFirst ? cell.padEnd(width) : cell.padStart(width);
}

function summary(results: readonly Result[]): string {
  const failed = results.filter(({ failure }) => failure !== undefined);
  const total = results.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  const findings = results.reduce((sum, result) => sum + result.findings.length, 0);
  const said = `${total} messages were acknowledged; there were ${findings} findings.`;
  const broken = failed.map(({ fault, failure }) =>
    `**${fault.name} failed:**\n\n\`\`\`\n${failure}\n\`\`\``
  );
  return [said, ...broken].join("\n\n");
}

function section({ fault, skipped, remarks }: Result): string {
  const told = skipped === undefined ? remarks : [`it was not run here: ${skipped}`];
  const more = told.length === 0 ? "" : ` In this run: ${told.join("; ")}.`;
  return `### ${fault.name}\n\n${wrapped(fault.about + more)}`;
}

/** Lines of at most 100 characters. */
function wrapped(text: string): string {
  return text.replace(/(.{1,100})(?: |$)/g, "$1\n").trimEnd();
}

function machine(): string {
  const { version, build } = Deno;
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const { hardwareConcurrency: processors } = navigator;
  using database = new Disposing(new DatabaseSync(":memory:"));
  const row = database.database.prepare("SELECT sqlite_version() AS version").get();
  return `chat-server ${config.version}, Deno ${version.deno}, V8 ${version.v8}, ` +
    `SQLite ${row?.["version"]};\n${build.os} ${Deno.osRelease()} on ${build.arch}, ` +
    `${processors} processors${processorModel()}, ${memory} GiB.`;
}

/** Closes a database at the end of its block: on the oldest Deno it does not do so itself. */
class Disposing implements Disposable {
  readonly database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  [Symbol.dispose](): void {
    this.database.close();
  }
}

/** The processor's name, where the system tells. */
function processorModel(): string {
  try {
    const model = /^model name\s*:\s*(.+)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1];
    return model === undefined ? "" : ` (${model})`;
  } catch {
    return "";
  }
}

function countOf({ findings }: Result, wrong: Wrong): number {
  return findings.filter((finding) => finding.wrong === wrong).length;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
