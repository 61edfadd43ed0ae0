/** Nothing is lost, doubled or out of order, whatever ends: the link, the server, the tab, the browser. */

import { assertEquals } from "@std/assert";
import { until, webTest } from "./browser.ts";
import { KilledBrowser } from "./killed_browser.ts";

webTest(
  "three messages that wait survive kill -9 of the browser, and go out once, in order",
  async (stage) => {
    const { port } = await stage.serve();
    const profile = stage.home.file("profile");
    {
      await using browser = await KilledBrowser.start(profile);
      const alice = await browser.person();
      await alice.visit(stage.url);
      await alice.enter("Alice");
      await alice.say("before");
      await alice.sees("before");
      await stage.server.crash();
      await alice.page.getByText("Offline since").waitFor();
      for (const text of ["one", "two", "three"]) await alice.say(text);
      const waiting = alice.page.getByRole("list", { name: "Waiting to be sent" });
      await waiting.getByRole("img", { name: "waiting" }).nth(2).waitFor();
      await browser.kill();
    }
    await stage.serve(port);
    await using browser = await KilledBrowser.start(profile);
    const alice = await browser.person();
    await alice.visit(stage.url);
    await alice.sees("three");
    using witness = await stage.server.join("Witness");
    await witness.send("history", { room: "General" }, "h");
    const answer = (await witness.settled()).find(({ id }) => id === "h");
    const said = answer?.payload.messages.map(({ text }: { text: string }) => text);
    assertEquals(said, ["before", "one", "two", "three"]);
    assertEquals(await alice.texts(), said);
  },
);

webTest("a server that is killed and restarted leaves no gap and no double", async (stage) => {
  const { port } = await stage.serve();
  const alice = await stage.person("Alice");
  const bob = await stage.person("Bob");
  const all: string[] = [];
  for (let round = 0; round < 3; round++) {
    const texts = [`Alice in round ${round}`, `Bob in round ${round}`];
    await alice.say(texts[0]!);
    await bob.say(texts[1]!);
    for (const text of texts) for (const person of [alice, bob]) await person.sees(text);
    all.push(...texts);
    await stage.server.crash();
    await alice.page.getByText("Offline since").waitFor();
    await alice.say(`offline ${round}`);
    all.push(`offline ${round}`);
    await stage.serve(port);
    // The page may have connected by itself meanwhile.
    for (const { page } of [alice, bob]) await page.evaluate("dispatchEvent(new Event('online'))");
    for (const person of [alice, bob]) await person.sees(`offline ${round}`);
  }
  const seen = await alice.texts();
  assertEquals(seen.toSorted(), all.toSorted());
  assertEquals(await bob.texts(), seen);
});

webTest("a draft stays with its room, through a cut link and a reload", async (stage) => {
  const { port } = await stage.serve();
  const alice = await stage.person("Alice");
  await alice.box.fill("half a sentence in General");
  await alice.page.getByLabel("Room to join").fill("Ops");
  await alice.page.getByRole("button", { name: "Join" }).click();
  await alice.page.getByRole("textbox", { name: "Message to Ops" }).waitFor();
  assertEquals(await alice.box.inputValue(), "");
  await alice.box.fill("and another in Ops");
  await stage.server.crash();
  await alice.page.getByText("Offline since").waitFor();
  assertEquals(await alice.box.inputValue(), "and another in Ops");
  await stage.serve(port);
  await alice.page.reload();
  await alice.page.getByRole("textbox", { name: "Message to Ops" }).waitFor();
  assertEquals(await alice.box.inputValue(), "and another in Ops");
  await alice.room("General").click();
  await until(
    async () => await alice.box.inputValue() === "half a sentence in General",
    "it is back",
  );
});

webTest(
  "a second tab asks, takes over with everything, and the first one says so",
  async (stage) => {
    await stage.serve();
    const first = await stage.person("Alice");
    await first.say("from the first tab");
    await first.sees("from the first tab");
    const page = await first.page.context().newPage();
    await page.goto(stage.url);
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Alice chats in another tab").waitFor();
    await dialog.getByRole("button", { name: "Go on here" }).click();
    await page.getByRole("textbox", { name: "Message to General" }).waitFor();
    await page.locator("#log").getByText("from the first tab").waitFor();
    await first.page.getByRole("dialog").getByText("goes on in another tab").waitFor();
    await page.locator("#message").fill("from the second tab");
    await page.locator("#message").press("Enter");
    await page.locator("#log").getByText("from the second tab").waitFor();
    await first.page.getByRole("button", { name: "Go on here" }).click();
    await first.page.getByRole("button", { name: "Go on here" }).click();
    await first.sees("from the second tab");
    await page.getByRole("dialog").getByText("goes on in another tab").waitFor();
    await first.say("back in the first");
    await first.sees("back in the first");
    assertEquals(await first.texts(), [
      "from the first tab",
      "from the second tab",
      "back in the first",
    ]);
  },
);

webTest(
  "direct messages that came while the tab was closed are there, and those before too",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice");
    const bob = await stage.person("Bob");
    await bob.say("/msg Alice first");
    await alice.page.getByRole("navigation").getByRole("button", { name: "Bob" }).click();
    await alice.sees("first");
    await alice.page.goto("about:blank");
    await bob.say("second");
    await bob.sees("second");
    await alice.page.goto(stage.url);
    await alice.page.getByRole("navigation").getByRole("button", { name: "Bob" }).click();
    await alice.sees("second");
    assertEquals(await alice.texts(), ["first", "second"]);
  },
);

webTest("the page connects at once when the network is back", async (stage) => {
  const { port } = await stage.serve();
  const alice = await stage.person("Alice");
  await stage.server.crash();
  await alice.page.getByText("Offline since").waitFor();
  // Far into the backoff, where the next try would be seconds away.
  await until(
    async () => /1[0-9]|[5-9]/.test(await alice.page.locator("#status-count").textContent() ?? ""),
    "it waits",
  );
  await stage.serve(port);
  await alice.page.evaluate("dispatchEvent(new Event('online'))");
  await alice.page.locator("#status-text").filter({ hasText: /^$/ }).waitFor({ state: "attached" });
});
