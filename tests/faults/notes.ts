/**
 * What a client can testify: what it said and what it was sent, in the order in
 * which it happened to it. The oracle believes nothing else, and the server's own
 * history, which it holds against this.
 */

/** Where something is said: in a room, or to one name. */
export type Target = { room: string } | { to: string };

/** A message as it is kept and shown. One that is direct is in the room {@linkcode inboxOf} its recipient. */
export interface Line {
  room: string;
  sender: string;
  text: string;
  seq: number;
  at: number;
  ref?: number | undefined;
}

/** One thing that happened to a client. */
export type Note =
  /** A connection began; in the lecture profile, which can't resume, the views begin anew. */
  | { note: "connected"; anew: boolean }
  | { note: "session"; token: string }
  /** It is about to send this text for the first time. Every text is said once only. */
  | { note: "said"; target: Target; text: string; ref?: number }
  /** It is about to send that once more: its answer may repeat a message. */
  | { note: "repeated"; ref: number }
  /** It was sent a message of a room, or of its inbox. */
  | { note: "shown"; line: Line }
  /** It was sent the answer to something that it said to one name. */
  | { note: "answered"; line: Line }
  /** What it said under that ref was refused: nobody may ever see it. */
  | { note: "refused"; ref: number; text: string };

/** A client, as the oracle hears it. */
export interface Witness {
  /** The name under which it speaks. */
  readonly name: string;
  readonly notes: readonly Note[];
}

/** A client's notes, in memory. */
export class Notebook implements Witness {
  readonly name: string;
  readonly notes: Note[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Takes a note, before what it says is acted upon. */
  take(note: Note): void {
    this.notes.push(note);
  }
}

/** A notebook on disk, for a client that is going to be killed. */
export class NotebookFile extends Notebook implements Disposable {
  readonly #file: Deno.FsFile;

  /** Opens `path`, with whatever notes are in it. */
  constructor(name: string, path: string) {
    super(name);
    for (const note of readNotes(path)) this.notes.push(note);
    this.#file = Deno.openSync(path, { create: true, append: true });
    // Ends the half line that a kill may have left.
    this.#file.writeSync(new TextEncoder().encode("\n"));
  }

  override take(note: Note): void {
    const bytes = new TextEncoder().encode(JSON.stringify(note) + "\n");
    for (let written = 0; written < bytes.length;) {
      written += this.#file.writeSync(bytes.subarray(written));
    }
    super.take(note);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The whole notes in a file. A last one that was cut by a kill was never acted upon. */
export function readNotes(path: string): Note[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as Note];
    } catch {
      return [];
    }
  });
}

/** The room that stands for the direct messages of `name`. */
export function inboxOf(name: string): string {
  return `inbox of ${name}`;
}

/** The room of what is said to `target`. */
export function roomOf(target: Target): string {
  return "room" in target ? target.room : inboxOf(target.to);
}
