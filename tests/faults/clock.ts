/**
 * Loaded before the server: its clock, in every thread, is as many milliseconds off
 * as the file says that CHAT_FAULTS_CLOCK names, from the moment it says so.
 */

const path = Deno.env.get("CHAT_FAULTS_CLOCK") as string;
const RealDate = Date;

function now(): number {
  return RealDate.now() + Number(Deno.readTextFileSync(path));
}

globalThis.Date = class extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    super(...(given.length === 0 ? [now()] : given) as [number]);
  }
  static override now = now;
} as DateConstructor;

// A worker has a world of its own, in which the clock is still right.
const RealWorker = globalThis.Worker;
if (RealWorker !== undefined) {
  globalThis.Worker = class extends RealWorker {
    constructor(module: string | URL, options?: WorkerOptions) {
      if (!`${module}`.endsWith("/server/sqlite_worker.ts")) throw new Error(`Whose is ${module}?`);
      super(new URL("clock_worker.ts", import.meta.url), options);
    }
  };
}
