/** The server's own log: one line an event, for people or for programs. */

import { escapeForTerminal } from "../../protocol/mod.ts";

/** Levels, from the most lines to the fewest. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The formats of a line. */
export const LOG_FORMATS = ["text", "json"] as const;

/** One of {@linkcode LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The fields of a line beside its event. */
export type LogFields = Record<string, string | number | undefined>;

/** Writes lines at or above a level, in one format, with the time that `clock` gives. */
export class Logger {
  #least = 0;
  readonly #format: LogFormat;
  readonly #write: (line: string) => unknown;
  readonly #clock: () => Date;
  #dropped = 0;

  /** `write` returns `false` for a line that it could not take. */
  constructor(
    level: LogLevel,
    format: LogFormat,
    write: (line: string) => unknown,
    clock: () => Date = () => new Date(),
  ) {
    this.setLevel(level);
    this.#format = format;
    this.#write = write;
    this.#clock = clock;
  }

  /** Changes the level, for lines from now on. */
  setLevel(level: LogLevel): void {
    this.#least = LOG_LEVELS.indexOf(level);
  }

  /** Writes one line: the event, and its fields. */
  log(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (LOG_LEVELS.indexOf(level) < this.#least) return;
    if (this.#dropped > 0) {
      const line = this.#line("warn", "log lines dropped", { count: this.#dropped });
      if (this.#write(line) !== false) this.#dropped = 0;
    }
    if (this.#write(this.#line(level, event, fields)) === false) this.#dropped++;
  }

  /** Writes one line about a connection. */
  logOf(
    { id, peer }: { id: number; peer: string },
    level: LogLevel,
    event: string,
    fields: LogFields = {},
  ): void {
    this.log(level, event, { connection: id, peer, ...fields });
  }

  #line(level: LogLevel, event: string, fields: LogFields): string {
    const time = this.#clock().toISOString();
    const line = this.#format === "json"
      ? escapeUnsafe(JSON.stringify({ time, level, event, ...fields }))
      : `${time} ${level.padEnd(5)} ${event}${textOf(fields)}`;
    return line + "\n";
  }
}

function textOf(fields: LogFields): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) text += ` ${name}=${typeof value === "number" ? value : quote(value)}`;
  }
  return text;
}

/** A value as one word, so that no peer's name can forge fields or lines. */
function quote(value: string): string {
  return /^[\w.:[\]/+-]+$/.test(value) ? value : JSON.stringify(escapeForTerminal(value));
}

/** Escapes characters that JSON allows and terminals obey: bidi and C1 controls, line separators. */
function escapeUnsafe(json: string): string {
  return json.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
  );
}
