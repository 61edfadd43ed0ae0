/** What a person does about their name: register it, its password, its sessions on other devices. */

import { FieldError, newPassword } from "../../protocol/fields.ts";
import { type Effect, notice, problem, show } from "./items.ts";
import type { ChatState, Query } from "./state.ts";

/** A command that asks for passwords; on its line they would be seen, and remembered. */
export function asking(ask: (state: ChatState) => Effect[]) {
  return (state: ChatState, argument: string): Effect[] =>
    argument === ""
      ? ask(state)
      : [problem("Write it alone: it asks for the password, which nobody sees then")];
}

/** Makes the person's name their own. */
export function register(state: ChatState): Effect[] {
  return askTwice(
    `New password for ${state.name}`,
    (password) => state.ask({ type: "register", payload: { password } }),
  );
}

/** Changes the password of the person's name. */
export function changePassword(state: ChatState): Effect[] {
  return askFor(
    `Present password of ${state.name}`,
    (current) =>
      askTwice("New password", (password) =>
        state.ask(
          { type: "password", payload: { current, password } },
          askAgain(changePassword, state),
        )),
  );
}

/** Makes the person's name anybody's again. */
export function unregister(state: ChatState): Effect[] {
  const warning = notice(`${state.name} will be anybody's name again`);
  const asked = askFor(`Password of ${state.name}`, (password) => [
    state.ask({ type: "unregister", payload: { password } }, askAgain(unregister, state)),
  ]);
  return [warning, ...asked];
}

/** Lists the sessions of the person's name. */
export function listSessions(state: ChatState): Effect[] {
  return [state.ask({ type: "sessions", payload: {} }, {
    answer: (event) => {
      if (event.type !== "sessions") return [];
      state.sessions = event.payload.sessions;
      return [show({ kind: "sessions", sessions: state.sessions })];
    },
  })];
}

/** Ends number `argument` of the sessions that were listed last. */
export function endSession(state: ChatState, argument: string): Effect[] {
  const chosen = /^#?\d+$/.test(argument)
    ? state.sessions[Number(argument.replace("#", "")) - 1]
    : undefined;
  if (chosen === undefined) return [problem("Write /end N, with N from /sessions")];
  const { session, current } = chosen;
  return [state.ask({ type: "end_session", payload: { session } }, {
    answer: () => current ? [{ kind: "quit" }] : [],
  })];
}

function askFor(question: string, then: (secret: string) => Effect[]): Effect[] {
  return [{ kind: "secret", question, then }];
}

function askTwice(question: string, then: (secret: string) => Effect): Effect[] {
  return askFor(
    question,
    (secret) => {
      const checked = newPassword.parse(secret);
      if (checked instanceof FieldError) {
        return [problem(`It ${checked.rule}; once more`), ...askTwice(question, then)];
      }
      return askFor(
        "The same again",
        (again) =>
          again === secret
            ? [then(secret)]
            // Asked again at once: whoever is still typing it must not say it to the room.
            : [problem("The two were not the same; once more"), ...askTwice(question, then)],
      );
    },
  );
}

/** What to do when the password is wrong: say so, and ask for it again. */
function askAgain(ask: (state: ChatState) => Effect[], state: ChatState): Query {
  return {
    refused: ({ code, message }) =>
      code === "wrong_password" ? [problem(message), ...ask(state)] : [problem(message)],
  };
}
