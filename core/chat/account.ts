/** Commands about one's own name: registering it, its password, its sessions on other devices. */

import { FieldError, newPassword } from "../../protocol/fields.ts";
import { type Effect, notice, problem, show } from "./items.ts";
import type { ChatState, Query } from "./state.ts";

/** A command that asks for passwords: on its line they would be visible, and kept in the history. */
export function asking(ask: (state: ChatState) => Effect[]) {
  return (state: ChatState, argument: string): Effect[] =>
    argument === ""
      ? ask(state)
      : [problem("Write it alone: it asks for the password, which nobody sees then")];
}

/** Registers the own name. */
export function register(state: ChatState): Effect[] {
  return askTwice(
    `New password for ${state.name}`,
    (password) => state.ask({ type: "register", payload: { password } }),
  );
}

/** Changes the password of the own name. */
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

/** Gives the registration of the own name up. */
export function unregister(state: ChatState): Effect[] {
  const warning = notice(`${state.name} will be anybody's name again`);
  const asked = askFor(`Password of ${state.name}`, (password) => [
    state.ask({ type: "unregister", payload: { password } }, askAgain(unregister, state)),
  ]);
  return [warning, ...asked];
}

/** Lists the sessions of the own name. */
export function listSessions(state: ChatState): Effect[] {
  return [state.ask({ type: "sessions", payload: {} }, {
    answer: (event) => {
      if (event.type !== "sessions") return [];
      state.sessions = event.payload.sessions;
      return [show({ kind: "sessions", sessions: state.sessions })];
    },
  })];
}

/** Ends number `argument` of the last listed sessions. */
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
            // Asks again at once: a password that is still being typed must not go to the room.
            : [problem("The two were not the same; once more"), ...askTwice(question, then)],
      );
    },
  );
}

/** The handler of a wrong password: says so, and asks for it again. */
function askAgain(ask: (state: ChatState) => Effect[], state: ChatState): Query {
  return {
    refused: ({ code, message }) =>
      code === "wrong_password" ? [problem(message), ...ask(state)] : [problem(message)],
  };
}
