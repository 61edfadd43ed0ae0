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
  "Server and load have a processor each, where they could be placed: every figure is what " +
  "one core does, and figures of different machines can't be compared; the ratios sooner. In each round all " +
  "servers are measured one after the other, in the next round backwards; a ratio is the " +
  "median of the rounds' ratios, with the least and the most in brackets. *Closed loop*, " +
  "wherever no rate is named: each client has a fixed number of messages on their way and " +
  "sends the next as it hears its share, and latency there is mostly the queue of all the " +
  "others' messages. *Fixed rate*: messages are due at moments that the server has no say " +
  "in, and latency counts from then, so a server that stalls can't hide what waited. Every " +
  "delivery is counted, and the sum compared with what was sent (‡: some were missing, or a " +
  "connection was lost). CPU time and memory are the operating system's own figures for the " +
  "server's process; *per CPU second* is deliveries for each second that the server was " +
  "running. † marks where the load had no time left, so that the server might do better – " +
  "beside a ratio, the peer's. " +
  "§ marks where something else used a tenth of a processor or more, three repeats " +
  "notwithstanding (half load, and all of `--quick`, are not repeated); where there is no load, " +
  "it looks from the first start to the last end. In plots, a point with a sign is hollow; one " +
  "without a figure lies on the lower edge.";

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
