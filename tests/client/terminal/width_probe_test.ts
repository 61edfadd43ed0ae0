// deno-lint-ignore-file no-control-regex -- a terminal's questions are made of controls
/** Terminals that draw characters of ambiguous width two columns wide, as CJK ones may. */

import { assert, assertEquals } from "@std/assert";
import { styler } from "../../../client/display/colors.ts";
import { FrameWriter } from "../../../client/display/frame.ts";
import { layOut } from "../../../client/display/prompt.ts";
import { Screen } from "../../../client/display/screen.ts";
import { EMPTY_EDITOR, insert } from "../../../client/editor/editor.ts";
import { setAmbiguousWide, textWidth } from "../../../client/editor/width.ts";
import { Home } from "../../fixtures/client.ts";
import { hasPty, Pty } from "../../fixtures/pty.ts";
import { PURE } from "../../fixtures/pure.ts";
import { ScreenModel } from "../../fixtures/screen_model.ts";

const CLOCK = () => ({ day: "Sun 2026-11-22", time: "14:03", stamp: "", offset: "" });

Deno.test(
  "rules and rows fit where ambiguous characters are wide, and where they are not",
  PURE,
  () => {
    const styled = styler("none");
    try {
      for (const isWide of [true, false]) {
        setAmbiguousWide(isWide);
        assertEquals(textWidth("─é…"), isWide ? 6 : 3);
        for (const columns of [10, 11, 40, 71, 72, 80, 132]) {
          const screen = new Screen({
            clock: CLOCK,
            styled,
            columns: () => columns,
            self: () => "Al",
          });
          screen.activate("Général", 0);
          const message = {
            sender: "Zoë",
            room: "Général",
            text: "où est l'été… ".repeat(9),
            seq: 1,
            at: 0,
          };
          screen.show({ kind: "message", message, own: false, mention: false, past: false }, 0);
          screen.activate("Ein Raum mit einem Namen, der sehr lang ist: ─", 0);
          const rows = screen.takeRows();
          for (const row of rows) assert(textWidth(row) <= columns, `${columns}: ${row}`);
          const model = new ScreenModel(columns, 24);
          const editor = insert(EMPTY_EDITOR, "naïveté");
          const parts = { editor, prompt: "é> ", drafts: [], status: undefined, hint: undefined };
          const block = layOut(parts, { columns, rows: 24 }, styled);
          model.write(new FrameWriter().frame(rows, block, columns));
          assertEquals(model.text.slice(0, rows.length), rows.map((row) => row.trimEnd()));
          assertEquals(model.column, block.cursor.column);
        }
      }
    } finally {
      setAmbiguousWide(false);
    }
  },
);

for (const [answer, width] of [["\x1b[1;3R", 2], ["\x1b[1;2R", 1], ["", 1]] as const) {
  Deno.test({
    name: `a terminal that answers ${JSON.stringify(answer)} has rules that fit`,
    ignore: !hasPty,
    async fn() {
      await using home = new Home();
      await using server = await home.serve();
      await using pty = new Pty(home, server.address, "--name", "Alice");
      await pty.until(/─\x1b\[6n\r\x1b\[K/);
      if (answer !== "") await pty.send(answer);
      await pty.until(/Type, and Enter sends/);
      await pty.send("/join Work\r");
      const [rule = ""] = await pty.until(/── Work ─+(?=\x1b)/);
      const columns = [...rule].reduce((sum, each) => sum + (each === "─" ? width : 1), 0);
      assert(columns > 70 && columns <= 72, `${columns}: ${rule}`);
      await pty.send("\x04");
      assertEquals(await pty.ended(), 0);
    },
  });
}
