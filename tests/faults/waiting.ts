/** Waiting for events of the wire, never for time to pass, with a limit. */

/** Seconds after which an expected event counts as missing. */
const TIMEOUT = 30;

/** An event is missing or wrong: the round has failed. */
export class Broken extends Error {
  override name = "Broken";
}

/** Lets callers wait for a condition. */
export class Watch {
  readonly #waiting = new Set<() => void>();
  readonly #onChange: () => void;

  /** `onChange` is called at every change. */
  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange;
  }

  /** Call it after every change. */
  changed(): void {
    this.#onChange();
    for (const look of this.#waiting) look();
  }

  /** Resolves as soon as `isSo`; fails with a {@linkcode Broken} that says `what` when it never is. */
  async until(isSo: () => boolean, what: () => string): Promise<void> {
    if (isSo()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (isSo()) resolve();
    };
    this.#waiting.add(look);
    try {
      await within(TIMEOUT, promise, what);
    } finally {
      this.#waiting.delete(look);
    }
  }
}

/** `promise`, unless it takes more than `seconds`. */
export async function within<Value>(
  seconds: number,
  promise: Promise<Value>,
  what: () => string,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new Broken(`Waited ${seconds} s in vain: ${what()}`));
    timer = setTimeout(fail, seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
