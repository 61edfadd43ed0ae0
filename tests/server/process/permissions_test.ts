/** The server can't do anything outside its task, even if a peer took control of it. */

import { programs } from "../../../tools/targets.ts";
import { assertConfined, PLACES } from "../../fixtures/confinement.ts";

const program = programs.find(({ name }) => name === "chat-server");
if (program === undefined) throw new Error("There is no program chat-server");

const { permissions } = program;

const PROBED = "tests/fixtures/probed_server.ts";

for (const place of PLACES) {
  Deno.test({
    name:
      `a server that runs can't run a program, reach other files, or go out (log in ${place.place})`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      assertConfined(
        [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, PROBED],
        place,
      ),
  });
}
