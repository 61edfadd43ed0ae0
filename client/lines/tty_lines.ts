/** Lines typed at a terminal in its own line mode, and secrets that are not echoed. */

import { KeyParser } from "../editor/keys.ts";
import { pressSecret } from "../editor/secret_input.ts";
import { deadline } from "../../core/session/deadline.ts";

/** Milliseconds without input after which the terminal's buffer counts as empty. */
const DRAIN_TIMEOUT = 50;

/** The parts of standard input that this needs. */
export interface TypedSource {
  read(buffer: Uint8Array): Promise<number | null>;
  setRaw(mode: boolean): void;
}

/** A secret that is being typed. */
interface Secret {
  readonly parser: KeyParser;
  typed: string;
  /** Whether it is complete or canceled; when canceled, `typed` is empty. */
  ended: boolean;
}

/** Reads a terminal's lines. While a secret is asked for, all input belongs to it. */
export class TypedLines {
  readonly #source: TypedSource;
  readonly #decoder = new TextDecoder();
  readonly #lines: string[] = [];
  #rest = "";
  #ended = false;
  #reading: Promise<void> | undefined;
  #secret: Secret | undefined;
  #wasAsked = false;
  #isDropping = false;

  constructor(source: TypedSource) {
    this.#source = source;
  }

  /** The lines, until the terminal's end of file. */
  async *lines(): AsyncGenerator<string> {
    for (;;) {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
        yield line;
      }
      if (this.#ended) return;
      await this.#read();
    }
  }

  /** Reads a secret without echo; `undefined` when the person gives none. */
  async secret(): Promise<string | undefined> {
    if (this.#secret !== undefined) cancel(this.#secret);
    const secret: Secret = { parser: new KeyParser(), typed: "", ended: false };
    this.#secret = secret;
    this.#wasAsked = true;
    this.#source.setRaw(true);
    try {
      while (!secret.ended && !this.#ended) await this.#read();
    } finally {
      if (this.#secret === secret) {
        this.#secret = undefined;
        this.#source.setRaw(false);
      }
    }
    return secret.ended && secret.typed !== "" ? secret.typed : undefined;
  }

  /**
   * Discards input typed between two attempts to sign in: it was meant for a password
   * prompt and must not be sent as a message. False when no secret was asked for.
   */
  async discardEarly(): Promise<boolean> {
    if (!this.#wasAsked) return false;
    this.#isDropping = true;
    for (let came = true; came && !this.#ended;) {
      came = false;
      await deadline(this.#read().then(() => void (came = true)), DRAIN_TIMEOUT);
    }
    this.#isDropping = false;
    return true;
  }

  /** Reads once; concurrent callers share the read. */
  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => this.#reading = undefined);
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const buffer = new Uint8Array(4096);
    const count = await this.#source.read(buffer);
    if (count === null) this.#end();
    else if (this.#isDropping) return;
    else if (this.#secret === undefined) this.#takeText(buffer.subarray(0, count));
    else takeSecret(this.#secret, buffer.subarray(0, count));
  }

  #end(): void {
    this.#ended = true;
    if (this.#rest !== "") this.#lines.push(typedText(this.#rest));
  }

  #takeText(bytes: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    this.#rest = parts.pop() ?? "";
    this.#lines.push(...parts.map(typedText));
  }
}

/** Feeds typed bytes to a secret. Bytes after its end are dropped, because nobody may see them. */
function takeSecret(secret: Secret, bytes: Uint8Array): void {
  const { parser } = secret;
  const keys = parser.push(bytes);
  // A sequence's bytes come in one read: a lone Escape is the key.
  if (parser.waiting === "escape") keys.push(...parser.flush());
  for (const key of keys) {
    const step = pressSecret(secret.typed, key);
    if (step === "cancelled") return cancel(secret);
    if ("typed" in step) secret.typed = step.typed;
    else return void (secret.ended = true);
  }
}

/** The characters of a line: a terminal that edits it leaves arrows and mouse reports in it. */
function typedText(line: string): string {
  // deno-lint-ignore no-control-regex -- keys are made of controls
  if (!/[\x00-\x1f\x7f-\x9f]/.test(line)) return line;
  const parser = new KeyParser();
  const keys = [...parser.push(new TextEncoder().encode(line)), ...parser.flush()];
  return keys.map((key) => key.kind !== "named" ? key.text : key.name === "tab" ? "\t" : "")
    .join("");
}

function cancel(secret: Secret): void {
  secret.typed = "";
  secret.ended = true;
}
