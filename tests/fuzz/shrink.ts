/** Shrinks a run that broke something to a minimal one. */

import { type Arena, runArena, type Scripts } from "./run.ts";
import { type Script, writeScript } from "./script.ts";

/** A script and its name. */
type Named = NonNullable<ReturnType<Scripts>>;

/** The line for cases.jsonl of a minimal script that still breaks in `arena` what `played` broke. */
export async function shrunk(arena: Arena, played: readonly Named[]): Promise<string> {
  const breaks = async (scripts: readonly Named[]) => {
    const left = [...scripts];
    const { findings } = await runArena(arena, () => left.shift(), Infinity);
    return findings;
  };
  const guilty = await fewest(played, async (some) => (await breaks(some)).length > 0);
  const [first] = guilty;
  if (first === undefined || guilty.length > 1) {
    return `no script alone breaks it, but together ${guilty.map(({ name }) => name).join(" ")}`;
  }
  const again = (script: Script) => breaks([{ ...first, script }]);
  const script = await fewest(first.script, async (steps) => (await again(steps)).length > 0);
  const [broke = "nothing, the second time"] = await again(script);
  return JSON.stringify({ broke, script: writeScript(script) });
}

/** A minimal sublist of `items` that still breaks it. */
export async function fewest<Item>(
  items: readonly Item[],
  breaks: (some: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let left = items;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < left.length;) {
      const without = left.toSpliced(at, size);
      if (without.length > 0 && await breaks(without)) left = without;
      else at += size;
    }
  }
  return left;
}
