/**
 * The oracle: compares the clients' notes with the history that the server shows, and
 * finds disagreements. It knows the promises of the wire, and nothing of the server's
 * code. Pure.
 */

import { type Line, roomOf, type Witness } from "./notes.ts";

/** The kinds of disagreement; {@linkcode MEANING} explains them. */
export type Wrong = "lost" | "doubled" | "reordered" | "unkept";

/** The meaning of each kind. */
export const MEANING: Record<Wrong, string> = {
  lost: "acknowledged and not in history as it was acknowledged, or skipped in a client's view",
  doubled:
    "more than once in history, or twice in a client's view without a retry that explains it",
  reordered: "against the order of its sender's refs in history, or late in a client's view",
  unkept: "shown to a client, or in history, without ever having been said and kept",
};

/** A disagreement. */
export interface Finding {
  wrong: Wrong;
  /** A description with the message. */
  what: string;
}

/** The verdict of the oracle. */
export interface Verdict {
  /** The number of messages that their senders saw acknowledged. */
  acknowledged: number;
  findings: Finding[];
}

/** Rooms with all of their messages, oldest first, as the server shows them. Others are not judged. */
export type History = ReadonlyMap<string, readonly Line[]>;

/** Judges a run at a moment when nothing is in flight. */
export function judge(witnesses: readonly Witness[], history: History): Verdict {
  const judgement = new Judgement(witnesses, history);
  return judgement.verdict();
}

interface Said {
  name: string;
  room: string;
  ref: number | undefined;
  /** Its sender was told that it was refused: nobody may ever see it. */
  refused: boolean;
}

class Judgement {
  readonly #witnesses: readonly Witness[];
  readonly #history: History;
  readonly #said: Map<string, Said>;
  readonly #acknowledged = new Map<string, Line>();
  readonly #findings: Finding[] = [];

  constructor(witnesses: readonly Witness[], history: History) {
    this.#witnesses = witnesses;
    this.#history = history;
    this.#said = everythingSaid(witnesses);
  }

  verdict(): Verdict {
    for (const witness of this.#witnesses) this.#hear(witness);
    this.#readHistory();
    for (const line of this.#acknowledged.values()) {
      if (!this.#agrees(line)) this.#find("lost", "not in history", line);
    }
    return { acknowledged: this.#acknowledged.size, findings: this.#findings };
  }

  /** Goes through the events of one client. */
  #hear({ name, notes }: Witness): void {
    const view = new View((wrong, what, line) => this.#find(wrong, `${name}: ${what}`, line));
    for (const note of notes) {
      if (note.note === "connected") view.connected(note.anew);
      else if (note.note === "repeated") view.repeated(note.ref);
      else if (note.note === "shown" || note.note === "answered") {
        if (!this.#agrees(note.line)) this.#find("unkept", `shown to ${name}`, note.line);
        if (this.#isAnswer(name, note.line)) this.#acknowledged.set(note.line.text, note.line);
        if (note.note === "shown") view.shown(note.line);
      }
    }
    view.end();
  }

  /** Whether a line acknowledges a message of `name`: its own text, with the ref it gave. */
  #isAnswer(name: string, { text, ref }: Line): boolean {
    const said = this.#said.get(text);
    return said !== undefined && said.name === name && said.ref === ref;
  }

  /** Whether history, where it was read, has exactly this line. */
  #agrees(line: Line): boolean {
    const lines = this.#history.get(line.room);
    return lines === undefined || isSame(line, lines[line.seq - 1]);
  }

  #readHistory(): void {
    const seen = new Set<string>();
    for (const [room, lines] of this.#history) {
      const lastRefs = new Map<string, number>();
      lines.forEach((line, index) => {
        if (line.seq !== index + 1) this.#find("lost", `history has no seq ${index + 1}`, line);
        if (seen.has(line.text)) this.#find("doubled", "in history again", line);
        seen.add(line.text);
        this.#readLine(line, room, lastRefs);
      });
    }
  }

  #readLine(line: Line, room: string, lastRefs: Map<string, number>): void {
    const said = this.#said.get(line.text);
    if (said === undefined || said.name !== line.sender || said.room !== room) {
      return this.#find("unkept", "in history, and nobody said it there", line);
    }
    if (said.refused) this.#find("unkept", "in history, though it was refused", line);
    if (said.ref === undefined) return;
    const last = lastRefs.get(said.name) ?? 0;
    if (said.ref < last) this.#find("reordered", `history has ref ${last} before it`, line);
    lastRefs.set(said.name, said.ref);
  }

  #find(wrong: Wrong, what: string, { room, seq, sender, text }: Line): void {
    // On one line, whatever the text.
    const quoted = JSON.stringify(text.slice(0, 40));
    this.#findings.push({ wrong, what: `${what}: ${room} ${seq} ${sender}: ${quoted}` });
  }
}

/** One client's view: in each room a run without gap or double, from connection to connection. */
class View {
  readonly #find: (wrong: Wrong, what: string, line: Line) => void;
  readonly #rooms = new Map<string, { last: number; skipped: Set<number> }>();
  /** The number of answers to retries that may still come, by ref. */
  readonly #repeats = new Map<number, number>();
  /** Whether a room may begin anywhere, because nobody knows where it was left. */
  #anew = false;

  constructor(find: (wrong: Wrong, what: string, line: Line) => void) {
    this.#find = find;
  }

  connected(anew: boolean): void {
    this.#repeats.clear();
    this.#anew = anew;
    if (!anew) return;
    this.end();
    this.#rooms.clear();
  }

  repeated(ref: number): void {
    this.#repeats.set(ref, (this.#repeats.get(ref) ?? 0) + 1);
  }

  shown(line: Line): void {
    const { room, seq } = line;
    const view = this.#rooms.get(room) ?? { last: this.#anew ? seq - 1 : 0, skipped: new Set() };
    this.#rooms.set(room, view);
    if (seq !== view.last + 1 && this.#isRepeat(line)) return;
    if (view.skipped.delete(seq)) this.#find("reordered", `shown after ${view.last}`, line);
    else if (seq <= view.last) this.#find("doubled", "shown again", line);
    for (let skipped = view.last + 1; skipped < seq; skipped++) view.skipped.add(skipped);
    view.last = Math.max(view.last, seq);
  }

  /** A message that was skipped and did not come late was lost. */
  end(): void {
    for (const [room, { skipped }] of this.#rooms) {
      for (const seq of skipped) {
        this.#find("lost", "skipped", { room, seq, sender: "", text: "", at: 0 });
      }
    }
  }

  #isRepeat({ ref }: Line): boolean {
    if (ref === undefined) return false;
    const left = this.#repeats.get(ref) ?? 0;
    if (left > 0) this.#repeats.set(ref, left - 1);
    return left > 0;
  }
}

function everythingSaid(witnesses: readonly Witness[]): Map<string, Said> {
  const said = new Map<string, Said>();
  for (const { name, notes } of witnesses) {
    for (const note of notes) {
      if (note.note === "said") {
        said.set(note.text, { name, room: roomOf(note.target), ref: note.ref, refused: false });
      } else if (note.note === "refused") {
        const refused = said.get(note.text);
        if (refused !== undefined) refused.refused = true;
      }
    }
  }
  return said;
}

function isSame(line: Line, kept: Line | undefined): boolean {
  return kept !== undefined && line.seq === kept.seq && line.sender === kept.sender &&
    line.text === kept.text && line.at === kept.at;
}
