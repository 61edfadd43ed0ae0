/**
 * The report: Markdown from the findings. Pure, except for the writing.
 */

import type { Section, Verdict } from "./section.ts";
import { toSvg } from "./svg.ts";

/** The head of the report. */
export interface Circumstances {
  date: string;
  command: string;
  minutes: number;
  machine: readonly string[];
  warnings: readonly string[];
  scaling: readonly string[];
}

/** Checks, before an hour of measuring, that `directory` can be written; returns the reason if not. */
export async function makeDirectory(directory: string): Promise<string | undefined> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: directory }));
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `Cannot write a report into "${directory}": ${error.message}`;
  }
}

/** Writes `BENCHMARKS.md` and its plots into `directory`. */
export async function writeReport(
  directory: string,
  circumstances: Circumstances,
  sections: readonly Section[],
): Promise<void> {
  for (const { plot } of sections) {
    if (plot !== undefined) {
      await Deno.writeTextFile(`${directory}/${plot.file}.svg`, toSvg(plot));
    }
  }
  await Deno.writeTextFile(`${directory}/BENCHMARKS.md`, toMarkdown(circumstances, sections));
}

function toMarkdown(
  { date, command, minutes, machine, warnings, scaling }: Circumstances,
  sections: readonly Section[],
): string {
  return [
    "# Benchmarks",
    "",
    `Written by \`${command}\` on ${date}, in ${minutes.toFixed(0)} minutes.`,
    "",
    ...machine.map((line) => `- ${line}`),
    ...warnings.map((warning) => `- **Mind:** ${warning}`),
    "",
    "## The goals",
    "",
    ...markdownTable({
      head: ["work", "found", "goal", ""],
      rows: sections.flatMap(({ verdicts, title }) =>
        verdicts.map((verdict) => [
          `${title}: ${verdict.work}`,
          verdict.found,
          verdict.goal,
          word(verdict),
        ])
      ),
    }),
    "",
    "## How to read it",
    "",
    HOW_TO_READ,
    "",
    ...sections.filter(({ text }) => text !== "").flatMap(sectionLines),
    "## Scaling, on paper",
    "",
    ...scaling,
    "",
  ].join("\n");
}

const HOW_TO_READ = "A delivery is one message to one client: a message in a room of 100 is 100. " +
  "Server and load have a processor each, where they could be pinned: every figure is that of " +
  "one core. Figures of different machines cannot be compared; ratios sooner. Each round " +
  "measures all servers one after the other, in the reverse order of the last; a ratio is the " +
  "median of the rounds' ratios, with the minimum and maximum in parentheses. *Closed loop*, " +
  "wherever no rate is named: each client has a fixed number of messages in flight and sends " +
  "the next when it has received its share, so latency is mostly the queue of the other " +
  "clients' messages. *Fixed rate*: messages are due at times independent of the server, and " +
  "latency counts from then, so a server that stalls cannot hide the wait. Every delivery is " +
  "counted, and the sum compared with the messages sent (‡: some were missing, or a connection " +
  "was lost). CPU time and memory are the operating system's figures for the server's process; " +
  "*per CPU second* is deliveries per second that the server was running. † marks a saturated " +
  "load, with which the server might do better – beside a ratio, the peer. § marks a " +
  "measurement during which other programs used a tenth of a processor or more, in spite of " +
  "three repeats (half load, and all of `--quick`, are not repeated); without a load, it counts " +
  "from the first start to the last end. In plots, a point with a sign is hollow; one without " +
  "a figure lies on the lower edge.";

function sectionLines({ title, text, table, plot }: Section): string[] {
  return [
    `## ${title}`,
    "",
    text,
    "",
    ...plot === undefined ? [] : [`![${plot.title}](${plot.file}.svg)`, ""],
    ...table === undefined ? [] : [...markdownTable(table), ""],
  ];
}

/** A table's lines. */
export function markdownTable({ head, rows }: NonNullable<Section["table"]>): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** A verdict in one word. */
export function word({ isMet }: Verdict): string {
  if (isMet === undefined) return "not measured";
  return isMet ? "met" : "**missed**";
}
