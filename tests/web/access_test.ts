/** The page for everybody: axe-core, the keyboard alone, directions, sizes. */

import axe from "axe-core";
import { assert, assertEquals } from "@std/assert";
import { type Person, type Stage, until, webTest } from "./browser.ts";

// Evaluated by the debugger, which a strict content security policy does not bind.
const AXE = (axe as unknown as { source: string }).source;

const RUN =
  `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 160)).join(" | ")))`;

/** Fails with what axe-core finds. */
async function finds(page: Person["page"], state: string): Promise<void> {
  await page.evaluate(AXE);
  assertEquals(await page.evaluate(RUN), [], state);
}

/** A chat with everything in it. */
async function fill(stage: Stage, alice: Person): Promise<Person> {
  const bob = await stage.person("Bob");
  await alice.say("Good morning: https://example.org/builds");
  await bob.say("Alice, can you look at it?");
  await bob.say("line 1\nline 2");
  await bob.say(`${"a long text ".repeat(200)}`);
  await bob.say("/msg Alice for you alone");
  await alice.say("/msg Nobody are you there?");
  await alice.page.getByRole("navigation").getByRole("button", { name: "General" }).click();
  await alice.say("/topic Release on Friday");
  await alice.say("/me hands out cake");
  await alice.say("/help");
  await alice.log.getByText("/quit").waitFor();
  await alice.say("/join Ops");
  await bob.say("/room General");
  await bob.say("Alice, once more");
  await alice.room("General").getByRole("img", { name: /1 unread/ }).waitFor();
  await alice.room("General").click();
  return bob;
}

for (const colorScheme of ["light", "dark"] as const) {
  webTest(`axe finds nothing in any state, ${colorScheme}`, async (stage) => {
    await stage.serve();
    const door = await (await stage.context({ colorScheme })).newPage();
    await door.goto(stage.url);
    await door.getByLabel("Your name").waitFor();
    await finds(door, "the form of the first visit");
    const alice = await stage.person("Alice", { colorScheme });
    await finds(alice.page, "an empty room");
    await fill(stage, alice);
    await finds(alice.page, "a room with everything");
    await alice.say("/rooms");
    await alice.say("/who");
    await alice.say("/unread");
    await alice.say("/sessions");
    await alice.log.getByRole("button", { name: "End" }).waitFor();
    await alice.page.getByLabel("Search your rooms").fill("look");
    await alice.page.getByLabel("Search your rooms").press("Enter");
    await alice.page.getByRole("button", { name: "Show in context" }).waitFor();
    await finds(alice.page, "answers and results");
    await alice.page.getByRole("button", { name: "Account" }).click();
    await finds(alice.page, "the account");
    await alice.page.keyboard.press("Escape");
    await alice.page.getByRole("button", { name: "Nobody" }).click();
    await alice.log.getByRole("button", { name: "Send again" }).waitFor();
    await finds(alice.page, "a refused message");
    await alice.page.setViewportSize({ width: 360, height: 640 });
    await alice.page.getByRole("button", { name: /^Rooms/ }).click();
    await finds(alice.page, "the rooms on a phone");
    await alice.page.keyboard.press("Escape");
    await stage.server.crash();
    await alice.page.getByText("Offline since").waitFor();
    await alice.say("waits");
    await alice.page.getByRole("img", { name: "waiting" }).waitFor();
    await finds(alice.page, "offline on a phone");
  });
}

webTest("the keyboard alone does everything", async (stage) => {
  await stage.serve();
  const page = await (await stage.context()).newPage();
  await page.goto(stage.url);
  const { keyboard } = page;
  await page.getByLabel("Your name").waitFor();
  await keyboard.type("Alice");
  await keyboard.press("Enter");
  await page.locator("#message:focus").waitFor();
  for (const text of ["one", "two", "three"]) {
    await keyboard.type(text);
    await keyboard.press("Enter");
  }
  await page.locator("#log").getByText("three").waitFor();
  // To the messages and back.
  await keyboard.press("Escape");
  await keyboard.press("ArrowUp");
  const focused = () => page.evaluate("document.activeElement.querySelector('.text')?.textContent");
  assertEquals(await focused(), "two");
  await keyboard.press("Escape");
  await page.locator("#message:focus").waitFor();
  await keyboard.type("/join Ops");
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Ops" }).waitFor();
  await keyboard.press("Alt+ArrowUp");
  await page.getByRole("heading", { name: "General" }).waitFor();
  // Every control is reached by Tab, in an order without a trap.
  const reached = new Set<string>();
  for (let step = 0; step < 40; step++) {
    await keyboard.press("Shift+Tab");
    reached.add(
      await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"),
    );
  }
  for (
    const id of ["query", "leave", "mute", "join-room", "account-button", "skip", "message", "#Ops"]
  ) {
    assert(reached.has(id), `${id} among ${[...reached].join(", ")}`);
  }
});

webTest(
  "new messages are announced apart from the list, at most one text a second",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice");
    using bob = await stage.server.join("Bob");
    for (let index = 0; index < 20; index++) await bob.send("message", { text: `number ${index}` });
    const announcer = alice.page.locator("#announcer");
    await announcer.getByText(/and \d+ more/).waitFor({ state: "attached" });
    assertEquals(await announcer.locator("p").first().textContent(), "Bob: number 0");
    assert(await announcer.locator("p").count() <= 3);
    assertEquals(await alice.log.getAttribute("aria-live"), null);
    assertEquals(await alice.page.getByRole("list", { name: "Messages in General" }).count(), 1);
  },
);

webTest(
  "nothing is cut off at 360 pixels, from right to left, or with large text",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice", {
      viewport: { width: 360, height: 640 },
      locale: "ar",
    });
    await alice.say("https://example.org/" + "a".repeat(300));
    await alice.say("W".repeat(200));
    await alice.say("مرحبا بكم في الغرفة");
    await alice.sees("مرحبا بكم في الغرفة");
    const wide = () =>
      alice.page.evaluate(
        "document.documentElement.scrollWidth > innerWidth || document.querySelector('#scroller').scrollWidth > document.querySelector('#scroller').clientWidth",
      ) as Promise<boolean>;
    assert(!await wide(), "from left to right");
    await alice.page.evaluate("document.documentElement.dir = 'rtl'");
    assert(!await wide(), "from right to left");
    const [box, send] = await Promise.all(
      [alice.box, alice.page.getByRole("button", { name: "Send" })].map((each) =>
        each.boundingBox()
      ),
    );
    assert(box!.x > send!.x, "the message box is at the right of its button");
    await alice.page.evaluate("document.documentElement.style.fontSize = '30px'");
    assert(!await wide(), "with large text");
    // Targets for fingers: 44 pixels (24 at least, WCAG 2.2, 2.5.8).
    assert(send!.height >= 44);
  },
);

webTest(
  "a person is told once of mentions while away, and asked whether to be notified",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice");
    using bob = await stage.server.join("Bob");
    await alice.page.evaluate(
      "Object.defineProperty(document, 'visibilityState', { configurable: true, value: 'hidden' }); document.hasFocus = () => false",
    );
    await bob.send("message", { text: "Alice, where are you?" });
    await until(async () => (await alice.page.title()).startsWith("(1)"), "the title counts");
    assert((await alice.page.locator("#icon").getAttribute("href"))!.includes("e03131"));
    await alice.page.evaluate(
      "delete document.visibilityState; delete document.hasFocus; document.dispatchEvent(new Event('visibilitychange'))",
    );
    await alice.page.getByText("Bob wrote while you were away").waitFor();
    await alice.page.getByRole("button", { name: "No", exact: true }).click();
    await until(async () => (await alice.page.title()) === "General · Chat", "it is read");
  },
);
