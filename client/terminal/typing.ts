/** The line being typed, one for each room, and the secret that is asked for in its place. */

import { fold, isLongerThan } from "../../protocol/mod.ts";
import { mayRemember, submit } from "../../core/chat/commands.ts";
import { knownTo } from "../../core/chat/completion.ts";
import { problem } from "../../core/chat/items.ts";
import type { Session } from "../../core/session/session.ts";
import type { AskSecret } from "../../core/session/view.ts";
import type { PromptParts } from "../display/prompt.ts";
import type { ActionName } from "../editor/bindings.ts";
import { type EditorState, EMPTY_EDITOR, setText } from "../editor/editor.ts";
import type { HistoryFile } from "../editor/history_file.ts";
import { isReport } from "../editor/key_names.ts";
import type { Key } from "../editor/keys.ts";
import {
  EMPTY_INPUT,
  hintOf,
  type LineInput,
  press,
  searchPrompt,
  sent,
  typedIn,
  withEditor,
} from "../editor/line_input.ts";
import { joinPaste } from "../editor/paste.ts";
import { masked, pressSecret } from "../editor/secret_input.ts";
import type { Burst } from "./key_reader.ts";

/** Milliseconds after a paste without brackets in which its next part may come. */
const PASTE_PAUSE = 500;

const PASTED = "Pasted as one message, since it came all at once; Enter sends it";

// These act whatever is typed.
const KEPT_KEYS: ReadonlySet<string> = new Set(["ctrl-l", "ctrl-z", "focus-in", "focus-out"]);

// And these end a program that waits to sign in.
const PASSED_KEYS: ReadonlySet<string> = new Set([...KEPT_KEYS, "ctrl-c", "ctrl-d"]);

/** The prompt while typed text is dropped. */
const SIGNING_IN = { editor: EMPTY_EDITOR, prompt: "signing in ", hint: undefined };

/** The parts of the block that are typed. */
export type TypedParts = Pick<PromptParts, "editor" | "prompt" | "hint">;

/** A secret that is being typed, in place of the line. */
interface SecretInput {
  readonly question: string;
  typed: string;
  readonly end: (secret: string | undefined) => void;
}

/** The text being typed. */
export class Typing {
  readonly #history: HistoryFile | undefined;
  readonly #act: (action: ActionName) => void;
  /** The folded name of the room whose line is typed, and the lines of the others. */
  #room: string | undefined;
  readonly #others: Map<string, EditorState> = new Map();
  #input: LineInput;
  #secret: SecretInput | undefined;
  #remark: string | undefined;
  #pastedAt = -Infinity;
  #isClosed = false;

  /** `act` does what a key asks for beyond the line. */
  constructor(history: HistoryFile | undefined, act: (action: ActionName) => void) {
    this.#history = history;
    this.#act = act;
    const lines = history?.lines ?? [];
    this.#input = { ...EMPTY_INPUT, history: { lines, browsing: undefined } };
  }

  /** Shows `text` below the line, until the next key. */
  remark(text: string): void {
    this.#remark = text;
  }

  /** Drops all further keys: the person has left. */
  close(): void {
    this.#isClosed = true;
  }

  /** Puts the line of `room` in place of the one being typed, which stays in its own room. */
  enter(room: string): void {
    const key = fold(room);
    if (this.#room === key) return;
    if (this.#room !== undefined) {
      this.#others.set(this.#room, typedIn(this.#input));
      this.#input = withEditor(this.#input, this.#others.get(key) ?? EMPTY_EDITOR);
      this.#others.delete(key);
    }
    this.#room = key;
  }

  /** Asks in the line's place. The line stays as it is until the secret is there. */
  readonly ask: AskSecret = (question) => {
    this.#secret?.end(undefined);
    return new Promise((end) => this.#secret = { question, typed: "", end });
  };

  /** Takes keys that came together. */
  async take(burst: Burst, session: Session): Promise<void> {
    const keys = this.#joined(burst, session);
    for (const key of keys) {
      const asked = this.#secret;
      this.#press(key, session);
      // A question that a key leads to is asked before the next key is taken.
      if (asked !== this.#secret) await nextTurn();
    }
    if (keys !== burst.keys) this.#remark = PASTED;
  }

  /** The prompt and the line to show; `prompt` is the room's. */
  parts(session: Session, prompt: string): TypedParts {
    if (this.#secret !== undefined) return secretParts(this.#secret);
    if (session.status.state === "signing in") return SIGNING_IN;
    return {
      editor: this.#input.editor,
      prompt: searchPrompt(this.#input) ?? prompt,
      hint: this.#remark ?? hintOf(this.#input),
    };
  }

  /** The keys, with a paste that came without brackets as one. Secrets are typed key by key. */
  #joined({ keys, isQuick }: Burst, session: Session): Key[] {
    if (this.#secret !== undefined || session.status.state === "signing in") return keys;
    const now = performance.now();
    const continues = now - this.#pastedAt < PASTE_PAUSE && (isQuick || keys.length > 1);
    const joined = joinPaste(keys, continues);
    if (joined !== keys || continues) this.#pastedAt = now;
    return joined;
  }

  #press(key: Key, session: Session): void {
    if (this.#isClosed) return;
    if (!isReport(key)) this.#remark = undefined;
    if (this.#secret !== undefined && !KEPT_KEYS.has(nameOf(key))) {
      return this.#pressSecret(this.#secret, key);
    }
    // Text typed meanwhile was meant for a password that was asked for, or will be.
    if (session.status.state === "signing in" && !PASSED_KEYS.has(nameOf(key))) return;
    const [input, outcome] = press(this.#input, key, () => knownTo(session.state));
    this.#input = input;
    if (outcome === undefined) return;
    if ("submit" in outcome) return this.#submit(outcome.submit, session);
    this.#act(outcome.action);
  }

  #pressSecret(secret: SecretInput, key: Key): void {
    const step = pressSecret(secret.typed, key);
    if (step !== "cancelled" && "typed" in step) secret.typed = step.typed;
    else {
      this.#secret = undefined;
      secret.end(step === "cancelled" ? undefined : step.done);
    }
  }

  #submit(line: string, session: Session): void {
    const limit = session.state.textLimit;
    if (isLongerThan(line, limit)) {
      this.#remark = `${[...line].length} characters are too many: a message has at most ${limit}`;
      return;
    }
    const effects = submit(session.state, line);
    if (effects.some(({ kind }) => kind === "quit")) this.close();
    const kept = mayRemember(line) ? line : "";
    this.#input = sent(this.#input, kept);
    const failure = kept.trim() === "" ? undefined : this.#history?.add(kept);
    session.perform(failure === undefined ? effects : [problem(failure), ...effects]);
  }
}

function secretParts({ question, typed }: SecretInput): TypedParts {
  return {
    editor: setText(EMPTY_EDITOR, masked(typed)),
    prompt: `${question}: `,
    hint: "Enter ends it, Esc cancels; nobody sees it",
  };
}

function nameOf(key: Key): string {
  return key.kind === "named" ? key.name : "";
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
