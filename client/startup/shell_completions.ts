/** `chat-client completions`: the option tables, for a shell. */

import { type Program, shellCompletions } from "../../cli/completions.ts";
import { type Usage, USAGES } from "./options.ts";

/** The script that a shell reads to complete this program's arguments. */
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
