/** docs/client.md, compared with the client. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { submit } from "../../core/chat/commands.ts";
import { format, plainText } from "../../client/display/format.ts";
import { withKeys } from "../../client/editor/bindings.ts";
import { describeUsage } from "../../client/startup/options.ts";
import { ChatState } from "../../core/chat/state.ts";
import { Home, programArguments } from "../fixtures/client.ts";
import type { ServerProcess } from "../fixtures/process.ts";
import type { TestClient } from "../fixtures/test_client.ts";

const page = await Deno.readTextFile(new URL("../../docs/client.md", import.meta.url));

/** The page's first block of shell that has `part`. */
function shellBlock(part: string): string {
  const blocks = page.matchAll(/^```sh\n(.*?)^```$/gms);
  const found = [...blocks].map(([, content]) => content ?? "").find((each) => each.includes(part));
  assert(found !== undefined, part);
  return found;
}

Deno.test("docs/client.md shows the help that chat-client prints", () => {
  assertStringIncludes(page, describeUsage("chat").trim());
});

Deno.test("docs/client.md shows the commands and keys that /help shows", () => {
  const [effect] = submit(new ChatState("Alice"), "/help");
  assert(effect?.kind === "show");
  const lines = format(withKeys(effect.item), "Alice").map((line) =>
    plainText(line).replace(/^-- /, "")
  );
  assertStringIncludes(page, `\n${lines.join("\n")}\n`);
});

Deno.test("docs/client.md shows the kinds of lines that --plain promises", async () => {
  const source = await Deno.readTextFile(new URL("../../client/lines/plain.ts", import.meta.url));
  const promised = [...source.matchAll(/^ \* (\[.*)$/gm)].map(([, line]) => line ?? "");
  assertEquals(promised.length, 4);
  for (const line of promised) assertStringIncludes(page, `\n${line}\n`);
});

/** Runs a script of the page as its reader would, against `server`. */
async function runScript(home: Home, server: ServerProcess, script: string) {
  const bin = `${home.path}/bin`;
  await Deno.mkdir(bin, { recursive: true });
  const command = [Deno.execPath(), ...programArguments("client.ts")].map((word) => `'${word}'`);
  await Deno.writeTextFile(`${bin}/chat-client`, `#!/bin/sh\nexec ${command.join(" ")} "$@"\n`, {
    mode: 0o755,
  });
  const path = `${bin}:${Deno.env.get("PATH")}`;
  return new Deno.Command("sh", {
    args: ["-c", script],
    env: { ...home.env, CHAT_SERVER: server.address, PATH: path },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** The next message that `peer` gets; notifications in between are skipped. */
async function nextMessage(peer: TestClient): Promise<{ sender: string; text: string }> {
  for (;;) {
    const event = await peer.next();
    if (event === undefined) throw new Error("The connection ended before a message");
    if (event.type === "message") return event.payload;
  }
}

Deno.test({
  name: "docs/client.md's scripts send what they say",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = new Home();
    await using server = await home.serve();
    using peer = await server.join("Alice", "Ops");
    const script = await runScript(home, server, shellBlock("chat-client send"));
    const said = [];
    while (said.at(-1)?.sender !== "Deploy") said.push(await nextMessage(peer));
    assertEquals(said.at(-1)?.text, "Release is out");
    assert(said.slice(0, -1).every(({ sender }) => sender === "Disk") && said.length > 2);
    assertEquals((await script.output()).code, 0);
  },
});

Deno.test({
  name: "docs/client.md's bot says the time when asked",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = new Home();
    await using server = await home.serve();
    using peer = await server.join("Alice");
    const bot = await runScript(home, server, shellBlock("tail --follow"));
    const come = new Set<string>();
    while (come.size < 2) come.add((await peer.receive("notification")).payload.name);
    assertEquals([...come].sort(), ["Clock", "Ear"]);
    await peer.send("message", { text: "hello" });
    await peer.send("message", { text: "!time please" });
    const said = [await nextMessage(peer), await nextMessage(peer), await nextMessage(peer)];
    assertEquals(said.map(({ sender }) => sender), ["Alice", "Alice", "Clock"]);
    assert(/^\d\d:\d\d$/.test(said[2]?.text ?? ""));
    // The clients end with their server, and so does the pipeline.
    await server.crash();
    await bot.output();
  },
});
