/**
 * People in a real browser: one Chromium for a test file, one context a person, and a server of
 * its own for each test. Where there is no Chromium the tests skip, saying so.
 */

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { makePage, PAGE_PATH } from "../../tools/page.ts";
import { Home } from "../fixtures/client.ts";
import { hasProgram, type ServerProcess } from "../fixtures/process.ts";

const ROOT = new URL("../../", import.meta.url);

/** Where Debian puts it. */
export const CHROMIUM = "/usr/bin/chromium";

/** Nothing but the page under test uses the network. */
export const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const hasChromium = await hasProgram(CHROMIUM);

let browser: Promise<Browser> | undefined;

/** The browser of this test file. */
export function openBrowser(): Promise<Browser> {
  return browser ??= chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
}

let page: Promise<void> | undefined;

/** Makes the page from the present sources, once; whole or not at all, for files run at once. */
export function buildPage(): Promise<void> {
  return page ??= (async () => {
    const path = new URL(PAGE_PATH, ROOT);
    await Deno.mkdir(new URL(".", path), { recursive: true });
    const fresh = new URL(`${path.href}.${crypto.randomUUID()}`);
    await Deno.writeTextFile(fresh, await makePage());
    await Deno.rename(fresh, path);
  })();
}

/** What a context may differ in. */
type ContextOptions = Parameters<Browser["newContext"]>[0];

/** A server, and the people who chat on it. */
export class Stage implements AsyncDisposable {
  readonly home = new Home();
  readonly #contexts: BrowserContext[] = [];
  readonly #servers: ServerProcess[] = [];
  server!: ServerProcess;

  /** Starts a server, with these further options. */
  async serve(port = 0, ...options: string[]): Promise<ServerProcess> {
    await buildPage();
    this.server = await this.home.serve(port, ...options);
    this.#servers.push(this.server);
    return this.server;
  }

  /** The page's address. */
  get url(): string {
    return `http://127.0.0.1:${this.server.port}/`;
  }

  /** A browser's profile of its own. */
  async context(options: ContextOptions = {}): Promise<BrowserContext> {
    const context = await (await openBrowser()).newContext({ locale: "en-US", ...options });
    context.setDefaultTimeout(10_000);
    this.#contexts.push(context);
    return context;
  }

  /** Somebody who opens the page and enters a room. */
  async person(name: string, options: ContextOptions & { room?: string } = {}): Promise<Person> {
    const { room = "General", ...rest } = options;
    const person = new Person(await (await this.context(rest)).newPage());
    await person.visit(`${this.url}#${encodeURIComponent(room)}`);
    await person.enter(name);
    return person;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close().catch(() => {})));
    for (const server of this.#servers) await server.crash();
    this.home[Symbol.dispose]();
  }
}

/** Somebody in front of a page. Everything is found by its role, as a screen reader finds it. */
export class Person {
  /** Errors that the page did not expect. */
  readonly errors: string[] = [];

  constructor(readonly page: Page) {
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) this.errors.push(message.text());
    });
  }

  async visit(url: string): Promise<void> {
    await this.page.goto(url);
  }

  /** Answers the form of the first visit. */
  async enter(name: string): Promise<void> {
    await this.page.locator("#name").fill(name);
    await this.page.locator("#enter-button").click();
    await this.box.waitFor();
  }

  /** The message box. */
  get box() {
    return this.page.locator("#message");
  }

  /** The list of messages. */
  get log() {
    return this.page.locator("#log");
  }

  async say(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** Waits until a text is in the list of messages. */
  async sees(text: string): Promise<void> {
    await this.log.getByText(text, { exact: true }).first().waitFor({ state: "attached" });
  }

  /** The texts in the list of messages, in their order. */
  texts(): Promise<string[]> {
    return this.page.locator("#log .text").allTextContents();
  }

  room(name: string) {
    return this.page.getByRole("navigation").getByRole("button", { name });
  }
}

/** A test in a browser. */
export function webTest(name: string, run: (stage: Stage) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasChromium,
    // The browser, and what its driver holds, are the file's.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using stage = new Stage();
      await run(stage);
    },
  });
}

Deno.test.afterAll(async () => {
  await (await browser)?.close();
});

/** Waits until a condition holds; for what no locator can wait for. */
export async function until(condition: () => Promise<boolean> | boolean, what: string) {
  const end = performance.now() + 20_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`It never came that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
