/** Reads the config file again while the server runs, and puts into effect what can change then. */

import { type Config, ConfigProblem } from "./config.ts";
import { limitsOf } from "./limit_options.ts";
import { OPTIONS, RELOADED, type ServerOptions } from "./options.ts";
import { FileReader } from "./process/file_reader.ts";
import type { Logger } from "./process/logger.ts";
import type { ChatServer } from "./server.ts";

/** The options of a server, and where they come from. */
export type ServerConfig = Config<typeof OPTIONS>;

/** The parts that change. */
export interface ReloadParts {
  logger: Logger;
  chat: ChatServer;
  retain: (options: ServerOptions) => unknown;
}

/** Reads one config file again. */
export class ConfigReload implements Disposable {
  readonly #path: string;
  readonly #started: ServerConfig;
  readonly #parts: ReloadParts;
  readonly #files: FileReader;

  private constructor(path: string, config: ServerConfig, parts: ReloadParts) {
    this.#path = path;
    this.#started = config;
    this.#parts = parts;
    this.#files = new FileReader([path]);
  }

  /**
   * Opens it, before the server drops its access to files: it has read the file once, since its
   * worker cannot be loaded any more after that.
   */
  static async open(
    path: string,
    config: ServerConfig,
    parts: ReloadParts,
  ): Promise<ConfigReload> {
    const reload = new ConfigReload(path, config, parts);
    await reload.#files.read(path);
    return reload;
  }

  /** Reads the file. One that cannot be used changes nothing. */
  async reload(): Promise<void> {
    const { logger } = this.#parts;
    const reading = await this.#files.read(this.#path);
    try {
      const config = this.#started.reread(reading);
      await this.#apply(config.values);
      const restart = this.#needRestart(config).join(", ") || undefined;
      logger.log("info", "config loaded again", { file: this.#path, restart });
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error;
      const reason = `${error.message}; the options before stay in use`;
      logger.log("error", "config not loaded", { reason });
    }
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  async #apply(options: ServerOptions): Promise<void> {
    const { logger, chat, retain } = this.#parts;
    logger.setLevel(options["log-level"]);
    chat.setLimits(limitsOf(options), {
      registeredOnly: options["registered-only"],
      registration: options.register,
    });
    await retain(options);
  }

  /** The options that have changed since the start, and take effect at the next one. */
  #needRestart({ values }: ServerConfig): string[] {
    const names = Object.keys(OPTIONS) as (keyof ServerOptions)[];
    return names.filter((name) =>
      !RELOADED.has(name) && values[name] !== this.#started.values[name]
    );
  }
}
