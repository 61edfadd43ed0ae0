/** A queue: first in, first out. */

/** Items taken before the array drops them; an array's own `shift()` moves all that remain, each time. */
const STRIDE = 64;

/** A queue in which taking costs the same, however many items wait. */
export class Fifo<Item> {
  #items: Item[] = [];
  #taken = 0;

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#taken === this.#items.length;
  }

  /** Adds `item` behind all others. */
  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes the item that has waited longest; `undefined` when there is none. */
  shift(): Item | undefined {
    if (this.isEmpty) return undefined;
    const item = this.#items[this.#taken++];
    if (this.isEmpty) {
      this.#items = [];
      this.#taken = 0;
    } else if (this.#taken >= STRIDE && this.#taken * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}
