/** The input of a secret, driven by keys. Nothing of it is kept: no history, no undo, no kill ring. */

import type { Key } from "./keys.ts";
import { clusters } from "./width.ts";

/** Characters of a secret at most; the server's own limit is lower. */
const MAX_TYPED = 1_024;

/** The outcome of a key: the secret so far, the finished secret, or a cancellation. */
export type SecretStep = { typed: string } | { done: string } | "cancelled";

type Step = (typed: string) => SecretStep;

const cancel: Step = () => "cancelled";
const clear: Step = () => ({ typed: "" });

const KEYS: Readonly<Record<string, Step>> = {
  "enter": (typed) => ({ done: typed }),
  // Before raw mode the terminal sends a newline for Enter.
  "ctrl-j": (typed) => ({ done: typed }),
  "backspace": (typed) => ({ typed: clusters(typed).slice(0, -1).join("") }),
  "ctrl-u": clear,
  "ctrl-w": clear,
  "escape": cancel,
  "ctrl-c": cancel,
  "ctrl-d": cancel,
  "ctrl-g": cancel,
};

/** Applies a key. Enter on an empty line cancels. */
export function pressSecret(typed: string, key: Key): SecretStep {
  if (key.kind !== "named") {
    // A copied password often ends with a newline.
    const text = key.text.replace(/[\r\n]+$/, "").toWellFormed();
    return { typed: (typed + text).slice(0, MAX_TYPED).toWellFormed() };
  }
  const step = Object.hasOwn(KEYS, key.name) ? KEYS[key.name] : undefined;
  const after = step?.(typed) ?? { typed };
  return typeof after === "object" && "done" in after && after.done === "" ? "cancelled" : after;
}

/** The asterisks shown in place of the secret. */
export function masked(typed: string): string {
  return "*".repeat(clusters(typed).length);
}
