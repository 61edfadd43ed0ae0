/** The README's clients, run as a reader would. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startServer } from "../fixtures/server.ts";

const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** The contents of the README's code blocks in `language`. */
function blocks(language: string): string[] {
  const fences = readme.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...fences].filter(([, tag]) => tag === language).map(([, , content]) => content ?? "");
}

async function has(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["-h"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`skipped: there is no ${program} here`);
    return false;
  }
}

Deno.test({
  name: "README's client in Python talks",
  ignore: !await has("python3"),
  async fn() {
    await using chat = await startServer();
    using alice = await chat.lecture("Alice");
    const [script = ""] = blocks("python");
    assert(script.trim().split("\n").length <= 12, "ten lines, more or less");
    const python = new Deno.Command("python3", {
      args: ["-c", script, "127.0.0.1", String(chat.port), "Bob"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await alice.receive("notification");
    await alice.send("message", { text: "Hello, Bob" });
    await alice.receive("message");
    const input = python.stdin.getWriter();
    await input.write(new TextEncoder().encode("Hello, Alice\n"));
    await input.close();
    assertEquals((await alice.receive("message")).payload.text, "Hello, Alice");
    const { code, stdout } = await python.output();
    assertEquals(code, 0);
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), [
      "* Connected to the room.",
      "Alice Hello, Bob",
      "Bob Hello, Alice",
    ]);
  },
});

Deno.test({
  name: "README's client in shell talks",
  ignore: !await has("nc"),
  async fn() {
    await using chat = await startServer();
    using alice = await chat.lecture("Alice");
    const script = blocks("sh").find((block) => block.includes("nc -N")) ?? "";
    assertStringIncludes(script, "12345");
    const args = ["-c", script.replace("12345", String(chat.port))];
    const { code, stdout } = await new Deno.Command("sh", { args }).output();
    assertEquals(code, 0);
    assertStringIncludes(new TextDecoder().decode(stdout), '"text":"It is twelve."');
    await alice.receive("notification");
    assertEquals((await alice.receive("message")).payload.text, "It is twelve.");
    assertEquals((await alice.receive("notification")).payload.event, "left");
  },
});
