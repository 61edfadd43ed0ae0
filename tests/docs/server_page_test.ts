/** docs/server.md, compared with the server. */

import { assertStringIncludes } from "@std/assert";
import { helpText } from "../../server/commands/help.ts";

const page = await Deno.readTextFile(new URL("../../docs/server.md", import.meta.url));

Deno.test("docs/server.md shows the help that chat-server prints", () => {
  assertStringIncludes(page, helpText().trim());
});
