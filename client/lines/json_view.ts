/** The view of `--json` in the commands. */

import type { Item } from "../../core/chat/items.ts";
import { stderr, stdout } from "./output.ts";
import { isOwnWord, PlainView } from "./plain.ts";

/** Prints messages as lines of the wire, and the client's own notices and errors as plain lines. */
export class JsonView extends PlainView {
  constructor() {
    super({ said: stdout, own: stderr }, () => "");
  }

  override show(item: Item): void {
    if (isOwnWord(item)) return super.show(item);
    if (item.kind !== "message") return;
    stdout.print(JSON.stringify({ type: "message", payload: item.message }));
  }
}
