/// <reference lib="dom" />
/** The search: a box above the messages, and its results beside them. */

import type { Effect } from "../core/chat/items.ts";
import type { ChatState } from "../core/chat/state.ts";
import type { Events, MessagePayload } from "../protocol/mod.ts";
import { byId, setText } from "./dom.ts";
import { words } from "./model/words.ts";
import { foundElement } from "./rows.ts";

/** Results of one search. */
const MOST_FOUND = 50;

/** What the search needs of its owner. */
export interface FoundActs {
  state(): ChatState | undefined;
  perform(effects: Effect[]): void;
  jumpTo(message: MessagePayload): void;
}

/** The search and its results. */
export class Found {
  readonly #part = byId("found-part");
  readonly #acts: FoundActs;

  constructor(acts: FoundActs) {
    this.#acts = acts;
    byId("search").onsubmit = (event) => {
      event.preventDefault();
      this.search(byId<HTMLInputElement>("query").value);
    };
    byId("close-found").onclick = () => {
      this.close();
      byId("query").focus();
    };
    this.close();
  }

  /** Searches the person's rooms. */
  search(query: string): void {
    const state = this.#acts.state();
    if (query.trim() === "" || state === undefined) return;
    const request = { type: "search", payload: { query, limit: MOST_FOUND } } as const;
    this.#acts.perform([state.ask(request, {
      answer: (event) => {
        if (event.type !== "search") return [];
        state.found = event.payload.messages;
        this.#show(event.payload);
        return [];
      },
      refused: ({ message }) => {
        this.#show({ messages: [], more: false }, message);
        return [];
      },
    })]);
  }

  close(): void {
    this.#part.hidden = true;
    byId("aside").classList.toggle("open", false);
  }

  #show({ messages, more, incomplete }: Events["search"], problem?: string): void {
    const notes = [
      ...messages.length === 0 ? [problem ?? words("nothingFound")] : [],
      ...more ? [words("foundMore")] : [],
      ...incomplete ? [words("foundIncomplete")] : [],
    ];
    setText(byId("found-note"), notes.join(" "));
    const results = messages.map((message) =>
      foundElement(message, () => this.#acts.jumpTo(message))
    );
    byId("found").replaceChildren(...results);
    this.#part.hidden = false;
    byId("aside").classList.toggle("open", true);
    byId("found-title").focus();
  }
}
