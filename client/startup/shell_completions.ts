/** `chat-client completions`: completions for a shell, from the option tables. */

import { type Program, shellCompletions } from "../../cli/completions.ts";
import { type Usage, USAGES } from "./options.ts";

/** The completion script of this program for `shell`. */
export function completions(shell: string): string {
  const { chat, ...commands } = USAGES;
  const program: Program = {
    name: "chat-client",
    options: chat.options,
    commands: Object.fromEntries(
      Object.entries<Usage>(commands).map(([name, { options, help, words = [] }]) => [
        name,
        { options, help, words },
      ]),
    ),
  };
  return shellCompletions(shell, program);
}
