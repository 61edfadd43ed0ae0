/**
 * From options to a running server: the log's file, the log, the listeners; and one line
 * that says why when one of them cannot be opened.
 */

import { PLATFORM } from "../cli/directories.ts";
import { hostAndPort } from "../cli/host_port.ts";
import { messageOf } from "../cli/system_errors.ts";
import { DataFile, defaultDataFile, FileInUse } from "./log/sqlite/file/data_file.ts";
import { limitsOf } from "./limit_options.ts";
import { LineWriter } from "./process/background_writer.ts";
import {
  describeListeners,
  describePages,
  type Listeners,
  logListeners,
  openListeners,
  openOps,
  sourcesOf,
} from "./listeners.ts";
import { Logger } from "./process/logger.ts";
import { MemoryLog, type MemoryRetention } from "./log/memory/memory_log.ts";
import { EMPTY_SNAPSHOT, LogFailure, type Timeline } from "./log/message_log.ts";
import type { ServerOptions } from "./options.ts";
import { ConfigReload, type ReloadParts, type ServerConfig } from "./config_reload.ts";
import { ChatServer, type Settings } from "./server.ts";
import { SqliteLog } from "./log/sqlite/sqlite_log.ts";
import type { Retention } from "./log/sqlite/tables/prune.ts";
import { UnusableFile } from "./log/sqlite/tables/schema.ts";
import { DAY } from "./process/time.ts";
import { DescriptorReserve, shortageOf } from "./process/system_limits.ts";
import { StartFailure } from "./process/start_failure.ts";
import { LoopTurns } from "./connection/event_loop.ts";

/** A running server with all that it needs; stopping it closes everything. */
export interface Running {
  logger: Logger;
  /** Its addresses, as `127.0.0.1:12345`; with TLS, the fingerprint too. */
  listening: string[];
  /** The addresses of its page. */
  pages: string[];
  /** Whether TLS is served, for which the server connects to itself. */
  isTls: boolean;
  /** Reads the config file and the certificate again; `undefined` where there is neither. */
  reload: (() => Promise<void>) | undefined;
  /** Gives what is to be known of a log that does not have all that was acknowledged. */
  stop(): Promise<string | undefined>;
}

/** Starts what the options ask for. `server` is the program's name and version. */
export async function start(config: ServerConfig, server: string): Promise<Running> {
  const options = config.values;
  const stderr = new LineWriter(Deno.stderr);
  const logger = new Logger(
    options["log-level"],
    options["log-format"],
    (line) => stderr.write(line),
  );
  const parts = new AsyncDisposableStack();
  parts.defer(() => stderr.flush());
  try {
    // Before the log, which may take a while: until then the server is starting.
    const ops = await openOps(options, server);
    if (ops !== undefined) parts.use(ops);
    const { log, snapshot, path, retain, sizes } = options.memory
      ? openMemory(options)
      : await openLog(parts.use(openFile(options.data)).path, options, logger);
    let problem: string | undefined;
    parts.defer(async () => {
      problem = await log.close();
    });
    const turns = parts.use(await openTurns());
    const listeners = await openListeners(options, options.memory ? undefined : path, logger);
    // Last, since it takes all descriptors where there are few.
    const reserve = parts.use(new DescriptorReserve());
    const chat = serve(options, listeners, { server, logger, log, snapshot, turns, reserve });
    parts.use(chat);
    const reloads = await reloadsOf(listeners, config, { logger, chat, retain });
    if (reloads.config !== undefined) parts.use(reloads.config);
    ops?.started({
      figures: () => chat.figures,
      logBytes: sizes,
      certificateUntil: () => listeners.tls?.until,
    });
    // Not before: a failure to start is to be the only line on stderr.
    logger.log("info", "log opened", { path, rooms: snapshot.rooms.length });
    logListeners(listeners, ops, logger);
    return {
      logger,
      listening: [
        ...describeListeners(listeners),
        ...ops === undefined ? [] : [`${hostAndPort(ops.addr)} for health checks and metrics`],
      ],
      pages: describePages(listeners),
      isTls: listeners.tls !== undefined,
      reload: reloads.reload,
      stop: async () => {
        ops?.stopping();
        await parts.disposeAsync();
        return problem;
      },
    };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

/** How the config file and the certificate are read again, as far as there are such. */
async function reloadsOf({ tls }: Listeners, config: ServerConfig, parts: ReloadParts) {
  const reload = config.file === undefined
    ? undefined
    : await ConfigReload.open(config.file, config, parts);
  if (reload === undefined && tls === undefined) return { config: undefined, reload: undefined };
  return {
    config: reload,
    reload: async () => void await Promise.all([reload?.reload(), tls?.reload()]),
  };
}

/** Opened at the start, because a running server has no permission to connect. */
async function openTurns(): Promise<LoopTurns> {
  try {
    return await LoopTurns.open();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new StartFailure(
      `Cannot connect to itself over 127.0.0.1: ${messageOf(error)}; ` +
        (shortageOf(error)?.advice ?? "is loopback up?"),
    );
  }
}

function openFile(given: string | undefined): DataFile {
  const path = given ?? defaultDataFile(PLATFORM);
  if (path === undefined) {
    throw new StartFailure("Cannot tell where to keep the log: no home directory; use --data FILE");
  }
  try {
    return new DataFile(path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const advice = error instanceof FileInUse ? "; stop that one, or use --data FILE" : "";
    throw new StartFailure(`Cannot use the log ${path}: ${error.message}${advice}`);
  }
}

function openMemory(options: ServerOptions) {
  const log = new MemoryLog(memoryRetention(options));
  const retain = (changed: ServerOptions) => log.retain(memoryRetention(changed));
  return {
    path: "in memory",
    log,
    snapshot: { ...EMPTY_SNAPSHOT, timelines: [freshTimeline()] },
    retain,
    sizes: () => Promise.resolve({}),
  };
}

function memoryRetention(options: ServerOptions): MemoryRetention {
  return {
    retainFor: options["retain-days"] * DAY,
    retainMessages: options["retain-messages"],
    sessionsFor: options["session-days"] * DAY,
  };
}

function retentionOf(options: ServerOptions): Retention {
  return {
    retainDays: options["retain-days"],
    retainMessages: options["retain-messages"],
    sessionDays: options["session-days"],
  };
}

/** A log in memory begins anew with each server: nothing of it is in common with an earlier one. */
function freshTimeline(): Timeline {
  const id = crypto.getRandomValues(new Uint8Array(8)).toHex();
  return { id, rooms: new Map(), inboxes: new Map() };
}

async function openLog(path: string, options: ServerOptions, logger: Logger) {
  try {
    const opening = { path, sync: options.sync, retention: retentionOf(options) };
    const opened = await SqliteLog.open(opening, (task, reason) => {
      logger.log("error", "log maintenance failed", { task, reason });
    });
    const retain = (changed: ServerOptions) => opened.log.retain(retentionOf(changed));
    return { path, ...opened, retain, sizes: () => opened.log.sizes() };
  } catch (error) {
    if (error instanceof UnusableFile) {
      throw new StartFailure(`Cannot use the log ${path}: ${error.message}; it was left as it was`);
    }
    if (!(error instanceof LogFailure)) throw error;
    const shortage = shortageOf(error);
    if (shortage !== undefined) {
      const reason = `${messageOf(error)}; ${shortage.advice}`;
      throw new StartFailure(`Cannot open the log ${path}: ${reason}`);
    }
    throw new StartFailure(
      `Cannot open the log ${path}: ${error.message}; nothing was overwritten. ` +
        "Put back a copy, or move it away to begin anew; " +
        `sqlite3 ${path} .recover prints what can be read of it`,
    );
  }
}

function serve(
  options: ServerOptions,
  listeners: Listeners,
  parts: Pick<Settings, "server" | "logger" | "log" | "snapshot" | "turns" | "reserve">,
): ChatServer {
  return new ChatServer({
    listeners: sourcesOf(listeners),
    limits: limitsOf(options),
    usage: () => Deno.memoryUsage(),
    handshakeTimeout: options["handshake-timeout"] * 1000,
    idleTimeout: options["idle-timeout"] * 1000,
    registeredOnly: options["registered-only"],
    registration: options.register,
    ...parts,
  });
}
