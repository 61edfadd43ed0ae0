/** Mentions of a name in a text. */

/** The parts of `text`, in order; every second one (1, 3, …) is a mention of `name`. */
export function splitAtMentions(text: string, name: string): string[] {
  return name === "" ? [text] : text.split(pattern(name));
}

/** Whether `text` mentions `name` as a word of its own, regardless of case. */
export function mentions(text: string, name: string): boolean {
  return splitAtMentions(text, name).length > 1;
}

let last: { name: string; pattern: RegExp } | undefined;

function pattern(name: string): RegExp {
  if (last?.name === name) return last.pattern;
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  last = {
    name,
    pattern: new RegExp(String.raw`(?<![\p{L}\p{N}_])(${escaped})(?![\p{L}\p{N}_])`, "iu"),
  };
  return last.pattern;
}
