/**
 * The meaning of a typed line on the page: the commands of every client, except that those about
 * history and search act on the list of messages itself, and that a direct conversation is a place.
 */

import { submit } from "../../core/chat/commands.ts";
import { type Effect, problem, type Target } from "../../core/chat/items.ts";
import type { ChatState } from "../../core/chat/state.ts";
import type { MessagePayload } from "../../protocol/mod.ts";

/** The page's own acts. */
export interface Acts {
  search(words: string): void;
  jumpTo(message: MessagePayload): void;
  earlier(): void;
  /** Leaves the direct conversation that is shown. */
  closeDirect(): void;
}

/** The effects of a typed line; `target` is the person whose conversation is shown, if one is. */
export function submitLine(
  state: ChatState,
  line: string,
  target: Target | undefined,
  acts: Acts,
): Effect[] {
  const [, name = "", argument = ""] = /^\/([a-z]+)\s*([^]*)$/i.exec(line.trim()) ?? [];
  switch (name.toLowerCase()) {
    case "search":
      acts.search(argument);
      return [];
    case "history":
      acts.earlier();
      return [];
    case "open":
      return open(state, argument, acts);
    case "leave":
      if (target === undefined || argument !== "") break;
      acts.closeDirect();
      return [];
  }
  return target === undefined ? submit(state, line) : submitDirect(state, line.trimEnd(), target);
}

function open(state: ChatState, argument: string, acts: Acts): Effect[] {
  const found = state.found[Number(argument.replace("#", "")) - 1];
  if (found === undefined) return [problem("Write /open N, with N from the last /search")];
  acts.jumpTo(found);
  return [];
}

/** In a conversation with one person a text goes to that person, and so does what one does. */
function submitDirect(state: ChatState, line: string, target: Target): Effect[] {
  const isSaid = !line.startsWith("/") || /^\/(?:\/|me\s+\S)/.test(line);
  if (!isSaid) return submit(state, line);
  if (/^\s*exit\s*$/i.test(line) || line === "") return submit(state, line);
  return [{ kind: "say", target, text: line.startsWith("//") ? line.slice(1) : line }];
}
