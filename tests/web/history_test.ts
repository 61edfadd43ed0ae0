/** Reading: what is above and below, what is unread, what is found, and what a long day costs. */

import { assert, assertEquals } from "@std/assert";
import type { TestClient } from "../fixtures/test_client.ts";
import { openBrowser, type Person, until, webTest } from "./browser.ts";

/** Says many messages, and waits until the server has them. */
async function flood(client: TestClient, from: number, to: number): Promise<void> {
  for (let index = from; index <= to; index++) {
    await client.send("message", { room: "General", text: `message ${index}` });
    if (index % 200 === 0) await client.settled();
  }
  await client.settled();
}

function scrollTop({ page }: Person): Promise<number> {
  return page.evaluate("document.getElementById('scroller').scrollTop");
}

/** Where a text is on the screen. */
function topOf({ page }: Person, text: string): Promise<number> {
  return page.evaluate(
    `[...document.querySelectorAll('#log .text')].find((each) => each.textContent === ${
      JSON.stringify(text)
    }).getBoundingClientRect().top`,
  );
}

webTest("a reader who has scrolled up stays there while 500 messages arrive", async (stage) => {
  await stage.serve();
  using bob = await stage.server.join("Bob");
  await flood(bob, 1, 120);
  const alice = await stage.person("Alice");
  await alice.sees("message 120");
  await alice.page.evaluate("document.getElementById('scroller').scrollTop -= 900");
  await alice.page.getByRole("button", { name: "Jump to the latest" }).waitFor();
  const [read, top] = await alice.page.evaluate(
    `(() => { const top = document.getElementById('scroller').getBoundingClientRect().top;
      const row = [...document.querySelectorAll('#log .text')].find((each) => each.getBoundingClientRect().top > top);
      return [row.textContent, row.getBoundingClientRect().top]; })()`,
  ) as [string, number];
  await flood(bob, 121, 620);
  await alice.page.getByRole("button", { name: "500 new" }).waitFor();
  assert(Math.abs(await topOf(alice, read) - top) <= 1, "what is read has not moved");
  await alice.page.getByRole("button", { name: "500 new" }).click();
  await alice.log.getByText("message 620", { exact: true }).waitFor();
});

webTest("history is read up to the first message, and nothing on the way jumps", async (stage) => {
  await stage.serve();
  using bob = await stage.server.join("Bob");
  await flood(bob, 1, 1_300);
  const alice = await stage.person("Alice");
  await alice.sees("message 1300");
  const seen = new Set<string>();
  await until(async () => {
    for (const text of await alice.texts()) seen.add(text);
    if (await alice.page.getByText("This is the beginning of General").count() > 0) return true;
    const [first] = await alice.texts() as [string];
    const before = await topOf(alice, first);
    const at = await scrollTop(alice);
    await alice.page.evaluate("document.getElementById('scroller').scrollTop = 0");
    await until(
      async () =>
        (await alice.texts())[0] !== first ||
        await alice.page.getByText("This is the beginning").count() > 0,
      "more is there",
    );
    const moved = await topOf(alice, first) - before;
    assert(
      Math.abs(moved - at) <= 2,
      `${first} moved by ${moved} where the reader scrolled by ${at}`,
    );
    return false;
  }, "the first message");
  assertEquals(seen.size, 1_300);
  assert(await alice.page.locator("#log > li").count() <= 440, "the rows are bounded");
  await alice.page.getByRole("button", { name: "Jump to the latest" }).click();
  await alice.sees("message 1300");
});

webTest("search leads to a message in its context, and back", async (stage) => {
  await stage.serve();
  using bob = await stage.server.join("Bob");
  await bob.send("message", { text: "the needle in the hay" });
  await flood(bob, 1, 400);
  const alice = await stage.person("Alice");
  await alice.sees("message 400");
  await alice.page.getByRole("searchbox").fill("needle");
  await alice.page.getByRole("searchbox").press("Enter");
  await alice.page.getByRole("button", { name: "Show in context" }).click();
  const row = alice.log.getByRole("listitem").filter({ hasText: "the needle in the hay" });
  await row.and(alice.page.locator(":focus")).waitFor();
  await alice.log.getByText("message 10", { exact: true }).waitFor();
  await alice.page.getByRole("button", { name: "Back to where you were" }).click();
  await alice.sees("message 400");
  await alice.say("/search message 123");
  await alice.page.getByRole("complementary").getByText("message 123").first().waitFor();
  await alice.say("/open 1");
  await alice.sees("message 123");
});

webTest("what is new is marked, and what was read elsewhere is not", async (stage) => {
  await stage.serve();
  const alice = await stage.person("Alice");
  await alice.say("/register");
  const secret = alice.page.locator("#secret-answer");
  for (const question of ["New password for Alice", "The same again"]) {
    await alice.page.getByRole("heading", { name: question }).waitFor();
    await secret.fill("correct horse");
    await secret.press("Enter");
  }
  await alice.log.getByText("registered", { exact: false }).first().waitFor();
  await alice.say("message 0");
  await alice.sees("message 0");
  await alice.say("/join Ops");
  await alice.page.getByRole("heading", { name: "Ops" }).waitFor();
  using bob = await stage.server.join("Bob");
  await flood(bob, 1, 5);
  const general = alice.room("General");
  await general.getByRole("img", { name: "5 unread" }).waitFor();
  // The same person, at another device.
  using phone = await stage.server.connect("Alice", { password: "correct horse", room: "General" });
  await phone.send("read", { room: "General", seq: 4 });
  await phone.settled();
  await alice.page.evaluate("dispatchEvent(new Event('focus'))");
  await general.getByRole("img", { name: "2 unread" }).waitFor();
  await general.click();
  const first = alice.log.getByRole("listitem").filter({ hasText: "New messages" });
  assertEquals(await first.locator(".text").textContent(), "message 4");
  await until(async () => await general.getByRole("img").count() === 0, "all is read");
});

/** The median milliseconds from an event that took 16 or more until it could be seen; forgets them. */
async function medianDelay({ page }: Person): Promise<number> {
  const slow = await page.evaluate("slow.splice(0)") as number[];
  return slow.sort((one, other) => one - other)[slow.length >> 1] ?? 0;
}

/** Kilobytes of memory that the processes of pages do not share with others. */
async function pageMemory(): Promise<number> {
  const session = await (await openBrowser()).newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const pages = processInfo.filter(({ type }) => type === "renderer");
  await session.detach();
  const sizes = pages.map(({ id }) => {
    const text = Deno.readTextFileSync(`/proc/${id}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]);
  });
  return Math.max(...sizes);
}

webTest(
  "10,000 messages leave a tab under 150 MB, and typing is not behind their flood",
  async (stage) => {
    await stage.serve();
    const alice = await stage.person("Alice");
    using bob = await stage.server.join("Bob");
    await alice.page.evaluate(
      `globalThis.slow = []; new PerformanceObserver((list) => { for (const each of list.getEntries()) slow.push(each.duration); }).observe({ type: "event", durationThreshold: 16 });`,
    );
    for (let key = 0; key < 40; key++) await alice.box.press("b");
    const quiet = await medianDelay(alice);
    await alice.box.fill("");
    let isOver = false;
    const flooding = (async () => {
      // A thousand a second, as far as the machine goes along.
      const began = performance.now();
      for (let index = 1; index <= 10_000; index++) {
        await bob.send("message", { room: "General", text: `message ${index}` });
        if (index % 50 > 0) continue;
        await bob.settled();
        const ahead = began + index - performance.now();
        if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
      }
      isOver = true;
    })();
    await alice.box.focus();
    let typed = "";
    while (!isOver) {
      await alice.page.keyboard.type("a");
      typed += "a";
    }
    await flooding;
    await alice.sees("message 10000");
    assertEquals(await alice.box.inputValue(), typed);
    // The medians, and as many times as long: the machine is shared with other tests.
    const behind = await medianDelay(alice);
    assert(behind < Math.max(50, 3 * quiet), `${behind} ms in a flood, ${quiet} ms without one`);
    // Of what the browser has not collected yet, in a flood, nothing is kept by the page.
    const session = await alice.page.context().newCDPSession(alice.page);
    await session.send("HeapProfiler.collectGarbage");
    const memory = await pageMemory();
    assert(memory < 150 * 1024, `${memory} KB`);
  },
);
