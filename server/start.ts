/**
 * From options to a running server: the log's file, the log, the listener; and the
 * one line that says why when one of them can't be had.
 */

import { DataFile, defaultDataFile, FileInUse, platform } from "./data_file.ts";
import { limitsOf } from "./limits.ts";
import { LineWriter } from "./line_writer.ts";
import { Logger } from "./logger.ts";
import { MemoryLog } from "./memory_log.ts";
import { LogFailure } from "./message_log.ts";
import type { ServerOptions } from "./options.ts";
import { ChatServer } from "./server.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { UnusableFile } from "./sqlite_schema.ts";
import { Turns } from "./turns.ts";

/** Why the server can't start, in one line for a person. */
export class StartFailure extends Error {
  override name = "StartFailure";
}

/** A running server with what it runs on; stopping it closes everything. */
export interface Running {
  /** Where it listens, as `127.0.0.1:12345`. */
  address: string;
  stop(): Promise<void>;
}

/** Starts what `options` ask for. `server` is the program's name and version. */
export async function start(options: ServerOptions, server: string): Promise<Running> {
  const stderr = new LineWriter(Deno.stderr);
  const logger = new Logger(
    options["log-level"],
    options["log-format"],
    (line) => stderr.write(line),
  );
  const parts = new AsyncDisposableStack();
  parts.defer(() => stderr.flush());
  try {
    const { log, memory, path } = options.memory
      ? openMemory(options)
      : await openLog(parts.use(openFile(options.data)).path, options);
    parts.use(log);
    const turns = parts.use(await openTurns());
    const chat = parts.use(listen(options, { server, logger, log, memory, turns }));
    // Not before: why it could not start is to be the one line on stderr.
    logger.log("info", "log opened", { path, rooms: memory.rooms.length });
    return { address: chat.address, stop: () => parts.disposeAsync() };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

/** Here, since a server that runs may connect to nothing any more. */
async function openTurns(): Promise<Turns> {
  try {
    return await Turns.open();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new StartFailure(
      `Cannot connect to itself over 127.0.0.1: ${error.message}; is loopback up?`,
    );
  }
}

function openFile(given: string | undefined): DataFile {
  const path = given ?? defaultDataFile(platform);
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

/** Milliseconds. */
const A_DAY = 86_400_000;

function openMemory(options: ServerOptions) {
  const log = new MemoryLog({
    retainFor: options["retain-days"] * A_DAY,
    retainMessages: options["retain-messages"],
    sessionsFor: options["session-days"] * A_DAY,
  });
  return { path: "in memory", log, memory: { rooms: [], sessions: [], claims: [] } };
}

async function openLog(path: string, options: ServerOptions) {
  const retention = {
    retainDays: options["retain-days"],
    retainMessages: options["retain-messages"],
    sessionDays: options["session-days"],
  };
  try {
    return { path, ...await SqliteLog.open({ path, sync: options.sync, retention }) };
  } catch (error) {
    if (error instanceof UnusableFile) {
      throw new StartFailure(`Cannot use the log ${path}: ${error.message}; it was left as it was`);
    }
    if (!(error instanceof LogFailure)) throw error;
    throw new StartFailure(
      `Cannot open the log ${path}: ${error.message}; nothing was overwritten. ` +
        "Put back a copy, or move it away to begin anew",
    );
  }
}

function listen(
  options: ServerOptions,
  parts: Pick<
    ConstructorParameters<typeof ChatServer>[0],
    "server" | "logger" | "log" | "memory" | "turns"
  >,
): ChatServer {
  const { host, port } = options;
  try {
    return new ChatServer({
      host,
      port,
      limits: limitsOf(options),
      usage: () => Deno.memoryUsage(),
      handshakeTimeout: options["handshake-timeout"] * 1000,
      idleTimeout: options["idle-timeout"] * 1000,
      registeredOnly: options["registered-only"],
      ...parts,
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new StartFailure(`Cannot listen on ${host} port ${port}: ${listenReason(error)}`);
  }
}

function listenReason(error: Error): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "the port is taken; stop what uses it, or choose another with --port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error.message;
}
