/** People who talk: on the page, in a terminal's lines, with a lecture client. */

import { assert, assertEquals } from "@std/assert";
import { ClientProcess } from "../fixtures/client.ts";
import { until, webTest } from "./browser.ts";

webTest("two tabs, chat-client and a lecture client on one port see one order", async (stage) => {
  const server = await stage.serve();
  const alice = await stage.person("Alice");
  const bob = await stage.person("Bob", { colorScheme: "dark" });
  using lecture = await server.lecture("Lena", "General");
  await using terminal = new ClientProcess(stage.home, [
    server.address,
    "--name",
    "Tom",
    "--plain",
  ]);
  await alice.page.getByRole("complementary").getByRole("button", { name: "Tom" }).waitFor();
  const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
  for (const [index, text] of texts.entries()) {
    await (index % 2 === 0 ? alice : bob).say(text);
  }
  await terminal.type("from the terminal");
  await lecture.send("message", { sender: "Lena", room: "General", text: "from the lecture" });
  const all = [...texts, "from the terminal", "from the lecture"];
  for (const person of [alice, bob]) for (const text of all) await person.sees(text);
  const seen = await alice.texts();
  assertEquals(await bob.texts(), seen);
  assertEquals(seen.toSorted(), all.toSorted());
  const heard = (await lecture.settled()).filter(({ type }) => type === "message");
  assertEquals(heard.map(({ payload }) => payload.text), seen);
  const lines: string[] = [];
  while (lines.length < seen.length) {
    const line = await terminal.line();
    const text = seen.find((each) => line.endsWith(`: ${each}`));
    if (text !== undefined) lines.push(text);
  }
  assertEquals(lines, seen);
  assertEquals([...alice.errors, ...bob.errors], []);
});

webTest(
  "the page is one request, and has neither inline handlers nor foreign sources",
  async (stage) => {
    await stage.serve();
    const context = await stage.context();
    const page = await context.newPage();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(stage.url);
    await page.getByLabel("Your name").waitFor();
    // The favicon is a data: address.
    assertEquals(requests.filter((each) => each.startsWith("http")), [stage.url]);
  },
);

webTest(
  "a room, its topic, its members and its commands are there as in the terminal",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice");
    const bob = await stage.person("Bob");
    await alice.say("/topic Release on Friday");
    await bob.page.getByText("Release on Friday", { exact: true }).first().waitFor();
    await alice.say("/join Ops");
    await alice.page.getByRole("heading", { name: "Ops" }).waitFor();
    assertEquals(new URL(alice.page.url()).hash, "#Ops");
    await bob.say("Alice, are you there?");
    const general = alice.room("General");
    await general.getByRole("img", { name: "1 unread, 1 with your name" }).waitFor();
    await until(async () => (await alice.page.title()) === "(1) Ops · Chat", "the title counts");
    await general.click();
    await alice.sees("Alice, are you there?");
    await alice.page.getByRole("complementary").getByRole("button", { name: "Bob" }).click();
    await alice.say("this is for you alone");
    await bob.page.getByRole("navigation").getByRole("button", { name: "Alice" }).click();
    await bob.sees("this is for you alone");
    await bob.say("/help msg");
    await bob.page.getByText("write to one person").waitFor();
    assertEquals([...alice.errors, ...bob.errors], []);
  },
);

webTest(
  "Tab completes names and commands, and leaves the box where there is nothing to complete",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice");
    await stage.person("Bob");
    await alice.page.getByRole("complementary").getByRole("button", { name: "Bob" }).waitFor();
    await alice.box.fill("bo");
    await alice.box.press("Tab");
    assertEquals(await alice.box.inputValue(), "Bob: ");
    await alice.box.fill("/his");
    await alice.box.press("Tab");
    assertEquals(await alice.box.inputValue(), "/history ");
    await alice.box.fill("");
    await alice.box.press("Tab");
    assert(
      !await alice.box.evaluate((box: { matches(selector: string): boolean }) =>
        box.matches(":focus")
      ),
    );
  },
);

webTest(
  "a name is registered, asked for its password elsewhere, and its sessions are listed",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice");
    await alice.say("/register");
    const secret = alice.page.locator("#secret-answer");
    await secret.fill("correct horse");
    await secret.press("Enter");
    await alice.page.getByRole("heading", { name: "The same again" }).waitFor();
    await secret.fill("correct horse");
    await secret.press("Enter");
    await alice.log.getByText("registered", { exact: false }).first().waitFor();
    const other = await stage.context();
    const page = await other.newPage();
    await page.goto(stage.url);
    await page.getByLabel("Your name").fill("Alice");
    await page.getByRole("button", { name: "Enter" }).click();
    await page.locator("#secret-answer").fill("correct horse");
    await page.locator("#secret-answer").press("Enter");
    await page.getByRole("textbox", { name: "Message to General" }).waitFor();
    await alice.say("/sessions");
    await alice.log.getByRole("button", { name: "End" }).nth(1).waitFor();
  },
);

webTest("what the server refuses is shown with its text, and can be sent again", async (stage) => {
  await stage.serve();
  const alice = await stage.person("Alice");
  await alice.say("/msg Nobody are you there?");
  const row = alice.log.getByRole("listitem").filter({ hasText: "are you there?" });
  await row.getByText("Not sent").waitFor();
  // It waits no longer.
  await until(
    async () => await alice.page.locator("#waiting li").count() === 0,
    "nothing waits",
  );
  // It survives the tab.
  await alice.page.reload();
  await alice.page.getByRole("navigation").getByRole("button", { name: "Nobody" }).click();
  using nobody = await stage.server.join("Nobody", "General");
  await alice.log.getByRole("button", { name: "Send again" }).click();
  await alice.log.getByRole("img", { name: "kept" }).waitFor();
  assert((await nobody.settled()).some(({ payload }) => payload.text === "are you there?"));
});
