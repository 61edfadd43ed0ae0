/**
 * Loaded before the server: shifts the clock of every thread by the number of
 * milliseconds in the file that CHAT_FAULTS_CLOCK names, as soon as it changes.
 */

// Opened at the start: the running server can open no file.
const path = Deno.env.get("CHAT_FAULTS_CLOCK") as string;
const file = Deno.openSync(path);
/** Is written to when the clock has been set back and somebody has asked for the time. */
const proof = Deno.openSync(`${path}-back`, { create: true, append: true });
let isProven = false;
const RealDate = Date;

function now(): number {
  const digits = new Uint8Array(32);
  file.seekSync(0, Deno.SeekMode.Start);
  const count = file.readSync(digits) ?? 0;
  const offset = Number(new TextDecoder().decode(digits.subarray(0, count)));
  if (offset < 0 && !isProven) isProven = proof.writeSync(new Uint8Array(1)) > 0;
  return RealDate.now() + offset;
}

globalThis.Date = class extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    super(...(given.length === 0 ? [now()] : given) as [number]);
  }
  static override now = now;
} as DateConstructor;

// A worker has globals of its own, in which the clock is still right.
const RealWorker = globalThis.Worker;
const LOG_WORKER = new URL("../../server/log/sqlite/sqlite_worker.ts", import.meta.url).href;
if (RealWorker !== undefined) {
  globalThis.Worker = class extends RealWorker {
    constructor(module: string | URL, options?: WorkerOptions) {
      if (`${module}` !== LOG_WORKER) throw new Error(`A worker without a clock: ${module}`);
      super(new URL("clock_worker.ts", import.meta.url), withClock(options));
    }
  };
}

/** The name that the server gives its worker, and the clock's; its file is beside the log. */
function withClock(options?: WorkerOptions): WorkerOptions {
  const given = options?.deno?.permissions;
  if (typeof given !== "object") throw new Error("The worker has no permissions of its own");
  return { ...options, deno: { permissions: { ...given, env: ["CHAT_FAULTS_CLOCK"] } } };
}
