/**
 * The notes of a client: the messages that it sent and the events that it received, in
 * their order. The oracle relies on nothing else, except the server's history, which it
 * compares with them.
 */

/** The target of a message: a room, or one name. */
export type Target = { room: string } | { to: string };

/** A message as it is kept and shown. A direct one is in the room {@linkcode inboxOf} its recipient. */
export interface Line {
  room: string;
  sender: string;
  text: string;
  seq: number;
  at: number;
  ref?: number | undefined;
}

/** One note of a client. */
export type Note =
  /** A connection began; in the lecture profile, which cannot resume, the views start over. */
  | { note: "connected"; anew: boolean }
  | { note: "session"; token: string }
  /** It is about to send this text for the first time. Every text is said only once. */
  | { note: "said"; target: Target; text: string; ref?: number }
  /** It is about to send that again: the answer may repeat a message. */
  | { note: "repeated"; ref: number }
  /** It received a message of a room, or of its inbox. */
  | { note: "shown"; line: Line }
  /** It received the answer to its direct message. */
  | { note: "answered"; line: Line }
  /** Its message with that ref was refused: nobody may ever see it. */
  | { note: "refused"; ref: number; text: string };

/** A client as the oracle sees it. */
export interface Witness {
  /** Its name. */
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

  /** Takes a note, before acting upon it. */
  take(note: Note): void {
    this.notes.push(note);
  }
}

/** A notebook on disk, for a client that will be killed. */
export class NotebookFile extends Notebook implements Disposable {
  readonly #file: Deno.FsFile;

  /** Opens `path` with the notes in it. */
  constructor(name: string, path: string) {
    super(name);
    for (const note of readNotes(path)) this.notes.push(note);
    this.#file = Deno.openSync(path, { create: true, append: true });
    // Ends a partial line that a kill may have left.
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

/** The complete notes in a file. A last one that was cut by a kill was never acted upon. */
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

/** The room of a message to `target`. */
export function roomOf(target: Target): string {
  return "room" in target ? target.room : inboxOf(target.to);
}
