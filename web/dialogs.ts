/// <reference lib="dom" />
/** Questions in a window of their own, and the form of the first visit. */

import type { AskSecret } from "../core/session/view.ts";
import { parseName } from "../protocol/mod.ts";
import { byId, setText } from "./dom.ts";
import { words } from "./model/words.ts";

/** Opens a dialog; resolves with the value of the button that closed it, "" for none. */
function answerOf(dialog: HTMLDialogElement): Promise<string> {
  // Another question takes the place of one that is open.
  if (dialog.open) dialog.close("");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.onclose = () => resolve(dialog.returnValue));
}

/** Asks for a password, which is never shown. */
export const askSecret: AskSecret = async (question) => {
  const input = byId<HTMLInputElement>("secret-answer");
  input.value = "";
  setText(byId("secret-question"), question);
  const answered = answerOf(byId<HTMLDialogElement>("secret"));
  const isGiven = await answered === "ok";
  const secret = input.value;
  input.value = "";
  return isGiven && secret !== "" ? secret : undefined;
};

/** Shows what is about the person; resolves with the command that was chosen, "" for none. */
export function askAccount(): Promise<string> {
  return answerOf(byId<HTMLDialogElement>("account"));
}

/** Says why nothing goes on, and asks how to: `again` is what the first button says. */
export async function askAgain(reason: string, again: string): Promise<"again" | "other"> {
  setText(byId("ended-text"), reason);
  setText(byId("ended-again"), again);
  for (;;) {
    const answer = await answerOf(byId<HTMLDialogElement>("ended"));
    // Escape is no answer: behind this dialog nothing works.
    if (answer === "again" || answer === "other") return answer;
  }
}

/** A name and a room, as they are chosen. */
export interface Chosen {
  readonly name: string;
  readonly room: string;
}

/** The form of the first visit. */
export class Door {
  readonly #name = byId<HTMLInputElement>("name");
  readonly #room = byId<HTMLInputElement>("room");

  /** Shows the form; resolves each time with what was chosen. */
  ask(given: Partial<Chosen>): Promise<Chosen> {
    byId("door").hidden = false;
    this.#name.value ||= given.name ?? "";
    this.#room.value = given.room ?? this.#room.value;
    this.#isBusy = false;
    if (this.#name.value === "") this.#name.focus();
    return this.next();
  }

  /** Resolves with the next choice. */
  next(): Promise<Chosen> {
    return new Promise((resolve) => {
      byId("enter").onsubmit = (event) => {
        event.preventDefault();
        const chosen = this.#choice();
        if (chosen === undefined) return;
        this.#isBusy = true;
        resolve(chosen);
      };
    });
  }

  /** Says what is wrong. */
  tell(problem: string): void {
    setText(byId("door-problem"), problem);
    setText(byId("enter-button"), words("enter"));
  }

  close(): void {
    byId("door").hidden = true;
  }

  set #isBusy(isBusy: boolean) {
    setText(byId("door-problem"), "");
    setText(byId("enter-button"), words(isBusy ? "entering" : "enter"));
  }

  #choice(): Chosen | undefined {
    const name = parseName(this.#name.value.trim());
    const room = parseName(this.#room.value.trim());
    const bad = "problem" in name ? this.#name : "problem" in room ? this.#room : undefined;
    if ("name" in name && "name" in room) return { name: name.name, room: room.name };
    const problem = "problem" in name ? name.problem : "problem" in room ? room.problem : "";
    this.tell(`${words(bad === this.#name ? "name" : "room")}: ${problem}`);
    bad?.focus();
    return undefined;
  }
}
