/** Waiting for what is said on the wire, never for time to pass; but not for ever. */

/** Seconds after which something that should have come is called missing. */
const TIMEOUT = 30;

/** Something did not come, or came wrong: the round has failed. */
export class Broken extends Error {
  override name = "Broken";
}

/** Lets others wait until what they look at is as they want it. */
export class Watch {
  readonly #waiting = new Set<() => void>();
  readonly #onChange: () => void;

  /** `onChange` is called at every change, whoever waits. */
  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange;
  }

  /** To be called whenever something is different. */
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
