/** The families of `/metrics`. No label has a name or a room in it: their number has no bound. */

import { getHeapStatistics } from "node:v8";
import type { Histogram } from "../process/histogram.ts";
import { exposition, type Family, type Sample } from "./exposition.ts";
import type { Figures } from "./figures.ts";

/** The figures of one scrape that the server itself does not have. */
export interface Scrape {
  readonly version: string;
  readonly logBytes: Readonly<Record<string, number>>;
  readonly certificateUntil: number | undefined;
  readonly turns: Histogram;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The text of `/metrics`; without `figures` while the server starts. */
export function metricsText(figures: Figures | undefined, scrape: Scrape): string {
  const server = figures === undefined ? [] : serverFamilies(figures);
  return exposition("chat_", [...ownFamilies(figures, scrape), ...server]);
}

function ownFamilies(figures: Figures | undefined, scrape: Scrape): Family[] {
  const { version, logBytes, certificateUntil: until, turns, now } = scrape;
  const isReady = figures !== undefined && figures.notReady === undefined;
  const expiry: Family[] = until === undefined ? [] : [[
    "certificate_expiry_seconds",
    "Seconds until the certificate expires",
    "gauge",
    [[(until - now) / 1000]],
  ]];
  return [
    ["build_info", "The version that runs", "gauge", [[1, ["version", version]]]],
    ["ready", "Whether /readyz answers 200", "gauge", [[isReady ? 1 : 0]]],
    [
      "turn_seconds",
      "How late a timer fires: the time of one turn of the loop",
      "histogram",
      turns,
    ],
    ["log_bytes", "Size of the log's files", "gauge", samplesOf(logBytes, "file")],
    ...expiry,
  ];
}

function serverFamilies(figures: Figures): Family[] {
  const { delivery, connections, memory } = figures;
  const outcome = (kind: "message" | "repeated" | "direct") => delivery.outcomes.get(kind) ?? 0;
  const heap = { resident: memory.rss, heap: memory.heapUsed };
  const bytes = { ...heap, heap_limit: getHeapStatistics().heap_size_limit };
  return [
    ["connections", "Open connections", "gauge", samplesOf(connections, "listener")],
    ["sessions", "Sessions that are connected", "gauge", [[figures.sessions]]],
    ["rooms", "Rooms", "gauge", [[figures.rooms]]],
    [
      "messages_total",
      "Messages to rooms: kept, or asked for again by a retry",
      "counter",
      samplesOf({ kept: outcome("message"), repeated: outcome("repeated") }, "kind"),
    ],
    ["directs_total", "Direct messages that were kept", "counter", [[outcome("direct")]]],
    ["deliveries_total", "Lines put into send queues", "counter", [[delivery.deliveries]]],
    ["append_seconds", "Time of one append to the log", "histogram", delivery.appendSeconds],
    ["append_drafts", "Drafts in one append to the log", "histogram", delivery.appendDrafts],
    ["append_failures_total", "Appends that failed", "counter", [[delivery.appendFailures]]],
    ["behind_connections", "Connections that catch up from the log", "gauge", [[figures.behind]]],
    ["send_queue_bytes", "Bytes that wait in send queues", "gauge", [[figures.queuedBytes]]],
    ["refused_total", "Requests that were refused", "counter", samplesOf(delivery.refused, "code")],
    [
      "turned_away_total",
      "Connections that were rejected",
      "counter",
      samplesOf(figures.turnedAway, "code"),
    ],
    ["strangers_total", "Connections without a connect", "counter", [[figures.strangers]]],
    ["login_failures_total", "Wrong passwords", "counter", [[figures.loginFailures]]],
    ["memory_bytes", "Memory of the process", "gauge", samplesOf(bytes, "of")],
  ];
}

function samplesOf(
  values: Readonly<Record<string, number>> | ReadonlyMap<string, number>,
  label: string,
): Sample[] {
  const entries = values instanceof Map ? values : Object.entries(values);
  return [...entries].map(([name, value]) => [value, [label, name]] as const);
}
