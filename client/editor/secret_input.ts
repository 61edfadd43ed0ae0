/** What a key makes of a secret that is typed. No part of it is kept: no history, no undo, no cuts. */

import type { Key } from "./keys.ts";
import { clusters } from "./width.ts";

/** Characters of a secret; the server says what is too long for it. */
const MAX_TYPED = 1_024;

/** What a key does: the secret from now on, the end of it, or no secret at all. */
export type SecretStep = { typed: string } | { done: string } | "cancelled";

type Step = (typed: string) => SecretStep;

const cancel: Step = () => "cancelled";
const clear: Step = () => ({ typed: "" });

const KEYS: Readonly<Record<string, Step>> = {
  "enter": (typed) => ({ done: typed }),
  // What was typed before the terminal was ours ends with the newline that Enter was then.
  "ctrl-j": (typed) => ({ done: typed }),
  "backspace": (typed) => ({ typed: clusters(typed).slice(0, -1).join("") }),
  "ctrl-u": clear,
  "ctrl-w": clear,
  "escape": cancel,
  "ctrl-c": cancel,
  "ctrl-d": cancel,
  "ctrl-g": cancel,
};

/** Takes a key in. An empty line is no secret. */
export function pressSecret(typed: string, key: Key): SecretStep {
  if (key.kind !== "named") {
    // A password that was copied often has a newline at its end.
    const text = key.text.replace(/[\r\n]+$/, "").toWellFormed();
    return { typed: (typed + text).slice(0, MAX_TYPED).toWellFormed() };
  }
  const step = Object.hasOwn(KEYS, key.name) ? KEYS[key.name] : undefined;
  const after = step?.(typed) ?? { typed };
  return typeof after === "object" && "done" in after && after.done === "" ? "cancelled" : after;
}

/** What stands on the screen in its place. */
export function masked(typed: string): string {
  return "*".repeat(clusters(typed).length);
}
