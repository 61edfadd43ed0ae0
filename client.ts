/** The composition root of `chat-client`: runs its arguments and ends with their exit code. */

import { Failure } from "./client/startup/failure.ts";
import { stderr } from "./client/lines/output.ts";
import { runInvocation } from "./client/run.ts";
import config from "./deno.json" with { type: "json" };

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  try {
    return await runInvocation(args, config.version);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    stderr.print(`chat-client: ${error.message}`);
    await stderr.pending;
    return error.code;
  }
}
