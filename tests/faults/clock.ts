/**
 * Loaded before the server: its clock, in every thread, is as many milliseconds off
 * as the file says that CHAT_FAULTS_CLOCK names, from the moment it says so.
 */

// Open from the start: once the server runs, it can open nothing any more.
const file = Deno.openSync(Deno.env.get("CHAT_FAULTS_CLOCK") as string);
const RealDate = Date;

function now(): number {
  const digits = new Uint8Array(32);
  file.seekSync(0, Deno.SeekMode.Start);
  const count = file.readSync(digits) ?? 0;
  return RealDate.now() + Number(new TextDecoder().decode(digits.subarray(0, count)));
}

globalThis.Date = class extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    super(...(given.length === 0 ? [now()] : given) as [number]);
  }
  static override now = now;
} as DateConstructor;

// A worker has a world of its own, in which the clock is still right.
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

/** What the server gives its worker, and the clock's name; its file is beside the log. */
function withClock(options?: WorkerOptions): WorkerOptions {
  const given = options?.deno?.permissions;
  if (typeof given !== "object") throw new Error("The worker has no permissions of its own");
  return { ...options, deno: { permissions: { ...given, env: ["CHAT_FAULTS_CLOCK"] } } };
}
