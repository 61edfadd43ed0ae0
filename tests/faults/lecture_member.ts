/**
 * A lecture client: no session, no refs, no way to resume. A message is acknowledged
 * when its own text comes back; the fate of messages in flight when the connection
 * breaks is unknown.
 */

import type { Load } from "./load.ts";
import type { Line, Notebook } from "./notes.ts";
import { Broken, type Watch } from "./waiting.ts";
import { type Received, Wire } from "./wire.ts";

/** One client in the lecture profile. */
export class LectureMember {
  readonly notebook: Notebook;
  readonly watch: Watch;
  wire: Wire | undefined;
  isOnline = false;
  /** The number of acknowledged messages. */
  acknowledged = 0;
  readonly #room: string;
  readonly #waiting = new Set<string>();
  #reading = Promise.resolve();
  #load: Load | undefined;
  #said = 0;
  #last: number | undefined;
  #probes = 0;
  #lastProbe = 0;
  #broken: Broken | undefined;

  constructor(notebook: Notebook, room: string, watch: Watch) {
    this.notebook = notebook;
    this.watch = watch;
    this.#room = room;
  }

  /** Connects; false if the connection ended before the answer. */
  async connect(port: number): Promise<boolean> {
    await this.disconnect();
    this.notebook.take({ note: "connected", anew: true });
    this.#last = undefined;
    const wire = await Wire.dial(port);
    this.#listen(wire);
    wire.send("connect", { name: this.notebook.name, room: this.#room });
    await this.#until(() => this.isOnline || wire.isClosed, "no answer to connect");
    return this.isOnline;
  }

  /** Disconnects; the fate of messages in flight stays unknown. */
  async disconnect(): Promise<void> {
    this.wire?.close();
    await this.#reading;
    this.isOnline = false;
    this.#waiting.clear();
  }

  /** Starts to talk, as fast as its own texts come back. */
  talk(load: Load): void {
    this.#load = load;
    this.#fill();
  }

  /** Stops talking. */
  hush(): void {
    this.#load = undefined;
  }

  /** Resolves when all its messages on this connection came back. */
  async drained(): Promise<void> {
    await this.#until(() => this.#waiting.size === 0, "its own text did not come back");
  }

  /** Resolves when it has received `room` up to `seq`; at once if it has received nothing of it. */
  async reached(room: string, seq: number): Promise<void> {
    if (room !== this.#room) return;
    const isThere = () => this.#last === undefined || this.#last >= seq;
    await this.#until(isThere, `was shown ${room} up to ${this.#last}, not ${seq}`);
  }

  /** Resolves when everything sent to it before has arrived. */
  async settled(): Promise<void> {
    const probe = ++this.#probes;
    // An unknown request, which is answered by an error: a lecture client gets no pong.
    this.wire?.send("probe", {}, `probe ${probe}`);
    await this.#until(() => this.#lastProbe >= probe, "no answer to a probe");
  }

  #listen(wire: Wire): void {
    this.wire = wire;
    this.#reading = wire.read((event) => this.#receive(event))
      .catch((error) => void (this.#broken ??= error))
      .finally(() => {
        this.isOnline = false;
        this.watch.changed();
      });
  }

  #fill(): void {
    while (this.#load !== undefined && this.isOnline && this.#waiting.size < this.#load.window) {
      const text = `${this.notebook.name} ${++this.#said} ${this.#load.next().filler}`;
      this.#waiting.add(text);
      this.notebook.take({ note: "said", target: { room: this.#room }, text });
      this.wire?.send("message", { sender: this.notebook.name, room: this.#room, text });
    }
  }

  #receive({ type, id, payload }: Received): void {
    if (type === "connect_ack") this.isOnline = true;
    else if (type === "message") this.#show(payload);
    else if (type !== "notification") throw new Broken(`A lecture client was sent a ${type}`);
    else if (id?.startsWith("probe ")) this.#lastProbe = Number(id.slice("probe ".length));
    else if (payload.event === "error") throw new Broken(`It was refused: ${payload.code}`);
    this.#fill();
    this.watch.changed();
  }

  #show({ room, sender, text, seq, at }: Line): void {
    this.notebook.take({ note: "shown", line: { room, sender, text, seq, at } });
    this.#last = seq;
    if (this.#waiting.delete(text)) this.acknowledged++;
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const name = this.notebook.name;
    await this.watch.until(() => this.#broken !== undefined || isSo(), () => `${name}: ${what}`);
    if (this.#broken !== undefined) throw this.#broken;
  }
}
