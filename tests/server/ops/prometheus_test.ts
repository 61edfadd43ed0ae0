/** Debian's own Prometheus, with a real server: scrapes, the board and the alert rules in docs/. */

import { assert, assertEquals } from "@std/assert";
import { Directory } from "../../fixtures/files.ts";
import { hasProgram, ServerProcess, TestProcess } from "../../fixtures/process.ts";

const ALERTS = new URL("../../../docs/alerts.yml", import.meta.url).pathname;

interface Board {
  panels: { targets: { expr: string }[] }[];
}

const board: Board = JSON.parse(
  Deno.readTextFileSync(new URL("../../../docs/grafana.json", import.meta.url)),
);

const hasPrometheus = await hasProgram("prometheus") && await hasProgram("promtool");

/** The expressions of the board, as Grafana sends them. */
const expressions = board.panels.flatMap(({ targets }) => targets).map(({ expr }) =>
  expr.replaceAll("$instance", ".*").replaceAll("$__rate_interval", "1m")
);

/** The address of a server's metrics. */
async function serve(): Promise<{ server: ServerProcess; address: string }> {
  const options = ["--tls", "--tls-port", "0", "--ops", "127.0.0.1:0"];
  const server = await ServerProcess.start(...options);
  await server.line();
  return { server, address: /(\S+) for/.exec(await server.line())?.[1] ?? "" };
}

async function metrics(address: string): Promise<string> {
  return await (await fetch(`http://${address}/metrics`)).text();
}

async function checkMetrics(text: string): Promise<void> {
  await using tool = new TestProcess(["promtool", "check", "metrics"]);
  await tool.type(text.trimEnd());
  const { code, stdout, stderr } = await tool.finish();
  assertEquals([code, stdout, stderr], [0, [], []]);
}

/** A Prometheus that scrapes `address` each second. */
async function prometheus(directory: Directory, address: string) {
  Deno.writeTextFileSync(
    directory.file("prometheus.yml"),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${ALERTS}]
scrape_configs:
  - job_name: chat-server
    static_configs: [{ targets: ["${address}"] }]
`,
  );
  const port = freePort();
  const process = new TestProcess([
    "prometheus",
    `--config.file=${directory.file("prometheus.yml")}`,
    `--storage.tsdb.path=${directory.file("data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  await process.stderr.until("Server is ready to receive web requests");
  return { process, url: `http://127.0.0.1:${port}` };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function query(url: string, expression: string) {
  const body = new URLSearchParams({ query: expression });
  const { status, data } = await (await fetch(`${url}/api/v1/query`, { method: "POST", body }))
    .json();
  assertEquals(status, "success", expression);
  return data.result as { value: [number, string] }[];
}

Deno.test("every metric that the board and the alert rules name is among the metrics", async () => {
  const { server, address } = await serve();
  await using _server = server;
  const text = await metrics(address);
  const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  const known = families.flatMap(([, name, type]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
  );
  const used = `${expressions.join("\n")}\n${
    Deno.readTextFileSync(ALERTS).replace(/summary.*/g, "")
  }`;
  const named = new Set([...used.matchAll(/\bchat_\w+/g)].map(([name]) => name));
  assertEquals([...named].filter((name) => !known.includes(name)), []);
  assert(named.size > 15);
});

Deno.test({
  name: "promtool finds nothing wrong with the metrics and the alert rules",
  ignore: !hasPrometheus,
  async fn() {
    const { server, address } = await serve();
    await using _server = server;
    using alice = await server.join("Alice");
    await alice.settled();
    await checkMetrics(await metrics(address));
    await using rules = new TestProcess(["promtool", "check", "rules", ALERTS]);
    assertEquals((await rules.ended()).code, 0);
  },
});

Deno.test({
  name: "a real Prometheus scrapes the server, and takes every expression of the board",
  ignore: !hasPrometheus,
  async fn() {
    using directory = new Directory();
    const { server, address } = await serve();
    await using _server = server;
    using alice = await server.join("Alice");
    await alice.settled();
    const { process, url } = await prometheus(directory, address);
    await using _process = process;
    let sessions: { value: [number, string] }[] = [];
    while (sessions.length === 0) sessions = await query(url, "chat_sessions");
    assertEquals(sessions[0]?.value[1], "1");
    for (const expression of expressions) await query(url, expression);
    assertEquals((await query(url, 'ALERTS{alertstate="firing"}')).length, 0);
  },
});
