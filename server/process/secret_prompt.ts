/**
 * Asks for a secret in a terminal without echo. `promptSecret` of `@std/cli` does the same,
 * but Ctrl-C ends the process before it has restored the terminal, which then echoes nothing.
 */

/** The bytes of keys in raw mode. */
const KEY = { interrupt: 0x03, end: 0x04, backspace: 0x08, newline: 0x0a, enter: 0x0d, rub: 0x7f };

/** The exit code of a program ended by SIGINT. */
const INTERRUPTED = 130;

/** The line that is typed after `prompt`. Ctrl-C ends the program. */
export function askSecret(prompt: string): string {
  Deno.stdout.writeSync(new TextEncoder().encode(`${prompt} `));
  Deno.stdin.setRaw(true);
  let typed: string | undefined;
  try {
    typed = readSecret();
  } finally {
    Deno.stdin.setRaw(false);
    Deno.stdout.writeSync(new TextEncoder().encode("\n"));
  }
  if (typed === undefined) Deno.exit(INTERRUPTED);
  return typed;
}

/** The line, byte by byte; `undefined` when it was interrupted. */
function readSecret(): string | undefined {
  const byte = new Uint8Array(1);
  const typed: number[] = [];
  while (Deno.stdin.readSync(byte) !== null) {
    const [key = 0] = byte;
    if (key === KEY.interrupt || key === KEY.end) return undefined;
    if (key === KEY.enter || key === KEY.newline) break;
    if (key === KEY.backspace || key === KEY.rub) eraseCharacter(typed);
    else typed.push(key);
  }
  return new TextDecoder().decode(Uint8Array.from(typed));
}

/** Removes the last character from `bytes`, with all its bytes of UTF-8. */
function eraseCharacter(bytes: number[]): void {
  const isContinuation = (byte: number | undefined) => byte !== undefined && byte >> 6 === 0b10;
  while (isContinuation(bytes.at(-1))) bytes.pop();
  bytes.pop();
}
