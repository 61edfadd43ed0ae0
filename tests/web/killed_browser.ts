/** A Chromium of its own process and profile, to be killed and started again. */

import { type Browser, chromium } from "playwright-core";
import { CHROMIUM, CHROMIUM_ARGUMENTS, Person } from "./browser.ts";

/** A browser that keeps its profile in `directory`. */
export class KilledBrowser implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #browser: Browser;

  private constructor(process: Deno.ChildProcess, browser: Browser) {
    this.#process = process;
    this.#browser = browser;
  }

  static async start(directory: string): Promise<KilledBrowser> {
    // A killed one leaves its lock behind.
    for (const name of ["SingletonLock", "SingletonCookie", "SingletonSocket"]) {
      await Deno.remove(`${directory}/${name}`).catch(() => {});
    }
    await Deno.remove(`${directory}/DevToolsActivePort`).catch(() => {});
    const args = ["--headless=new", "--remote-debugging-port=0", `--user-data-dir=${directory}`];
    const process = new Deno.Command(CHROMIUM, {
      args: [...CHROMIUM_ARGUMENTS, ...args],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const browser = await chromium.connectOverCDP(await addressOf(process.stderr));
    return new KilledBrowser(process, browser);
  }

  /** Somebody in its only window. */
  async person(): Promise<Person> {
    const [context] = this.#browser.contexts();
    if (context === undefined) throw new Error("The browser has no window");
    context.setDefaultTimeout(10_000);
    return new Person(await context.newPage());
  }

  /** Kills it as the system would, without a chance to write anything. */
  async kill(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended.
    }
    await this.#process.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#browser.close();
  }
}

async function addressOf(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Chromium ended: ${text}`);
    text += value;
    const address = /ws:\/\/\S+/.exec(text)?.[0];
    if (address === undefined) continue;
    // It goes on to write, and would stop where nobody reads.
    void (async () => {
      while (!(await reader.read()).done);
    })();
    return address;
  }
}
