/** Hostile texts, names and servers: nothing of theirs leaves its row, and the page stays alive. */

import { assert, assertEquals } from "@std/assert";
import { makePage } from "../../tools/page.ts";
import { Person, type Stage, until, webTest } from "./browser.ts";

const TEXTS = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "</ol></main><h1>mine</h1>",
  '"><svg onload=alert(1)>',
  "javascript:alert(1)",
  "https://user:pass@evil.example/",
  "https://example.org/\u202Egnp.exe",
  "\u202Etxt.exe",
  "\u2066\u2067\u2068 never closed",
  "\u0007\u001b[2J\u001b]0;title\u0007",
  "a\u0000b",
  "\u200B\u200C\u200D\uFEFF",
  "\u2028line\u2029paragraph",
  "Z" + "\u0335\u0336\u0337\u0338".repeat(200),
  "W".repeat(4_096),
  "\n".repeat(500) + "end",
  "\t".repeat(1_000) + "x",
  "﷽".repeat(200),
  "𒐫".repeat(200),
  "🏳️‍🌈👩‍👩‍👧‍👦".repeat(50),
  "\u{E0041}\u{E0042}",
  "{{constructor.constructor('alert(1)')()}}",
  "${alert(1)}",
  "%s%s%s%n",
  "&lt;b&gt;&#x41;",
  "<!--",
  "]]>",
  "<style>*{display:none}</style>",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "/me " + "W".repeat(1_000),
  "مرحبا <b>بكم</b>",
  "data:text/html,<script>alert(1)</script>",
  "https://" + "a".repeat(2_000) + ".example",
  "https://[::1]:99999/",
  "http://exаmple.org/",
  "Alice joined the room.\nBob: fake",
  "\u115F\u1160\u3164\uFFA0",
];

const NAMES = ["__proto__", "constructor", "toString", "<b>Eve</b>", "&amp;", "W".repeat(32)];

/** What no text may change: where everything is, what it is called, and which attributes there are. */
function shapeOf({ page }: Person): Promise<unknown> {
  return page.evaluate(`(() => {
    const boxes = ["heading", "scroller", "composer", "rooms-part", "aside"].map((id) => {
      const { x, y, width, height } = document.getElementById(id).getBoundingClientRect();
      return [id, x, y, width, height].join(" ");
    });
    const names = [...new Set([...document.querySelectorAll("#log *")].flatMap((each) => each.getAttributeNames()))];
    const tags = [...new Set([...document.querySelectorAll("#log *")].map((each) => each.tagName))];
    return { boxes, names: names.sort(), tags: tags.sort(), title: document.title.replace(/^\\(\\d+\\) /, ""),
      wide: document.documentElement.scrollWidth > innerWidth || document.getElementById("scroller").scrollWidth > document.getElementById("scroller").clientWidth };
  })()`);
}

webTest("40 hostile texts and names change no layout, attribute or title", async (stage) => {
  await stage.serve();
  const alice = await stage.person("Alice");
  let asked = 0;
  alice.page.on("dialog", (dialog) => (asked++, void dialog.dismiss()));
  using bob = await stage.server.join("Bob");
  // Everything that a row may have.
  await bob.send("message", { text: "Alice, see https://example.org" });
  await bob.send("message", { text: "long ".repeat(400) });
  await bob.send("topic", { room: "General", topic: "Topic" });
  await alice.say("mine");
  await alice.sees("mine");
  await alice.page.getByText("Topic", { exact: true }).first().waitFor();
  const before = await shapeOf(alice);
  assertEquals(TEXTS.length, 40);
  for (const text of TEXTS) await bob.send("message", { text });
  await bob.send("message", { text: "all was said" });
  await alice.sees("all was said");
  assertEquals(await shapeOf(alice), before);
  for (const name of NAMES) {
    using guest = await stage.server.join(name);
    await guest.send("message", { text: `from ${name}` });
    await guest.settled();
    await alice.sees(`from ${name}`);
  }
  assertEquals(await shapeOf(alice), before);
  assertEquals(asked, 0);
  const links = await alice.page.evaluate(
    "[...document.querySelectorAll('#log a')].map(({ protocol, rel }) => `${protocol} ${rel}`)",
  ) as string[];
  assertEquals(
    new Set(links),
    new Set([
      "https: noopener noreferrer nofollow",
      "http: noopener noreferrer nofollow",
    ]),
  );
  assertEquals(alice.errors, []);
});

/** A server that serves the page, and does to its socket what a test says. */
async function withHostileServer(
  stage: Stage,
  act: (socket: WebSocket, turn: number) => void,
  check: (person: Person) => Promise<void>,
): Promise<void> {
  const html = await makePage();
  let turn = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    if (new URL(request.url).pathname !== "/chat") {
      return new Response(html, { headers: { "content-type": "text/html" } });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      if (!String(data).includes('"connect"')) return;
      const payload = {
        message: "",
        name: "Alice",
        session: "s",
        rooms: [{ room: "General", seq: 0 }],
        ref: 0,
      };
      socket.send(JSON.stringify({ type: "connect_ack", payload }) + "\n");
      act(socket, turn++);
    };
    return response;
  });
  try {
    const person = new Person(await (await stage.context()).newPage());
    await person.visit(`http://127.0.0.1:${server.addr.port}/`);
    await person.enter("Alice");
    await check(person);
    assertEquals(person.errors, []);
  } finally {
    await server.shutdown();
  }
}

function line(type: string, payload: unknown): string {
  return JSON.stringify({ type, payload }) + "\n";
}

function message(seq: unknown, text: unknown = "text", at: unknown = 1): string {
  return line("message", { sender: "Mallory", room: "General", text, seq, at });
}

/** The page is alive: it takes what is typed, and goes elsewhere. */
async function isAlive(person: Person): Promise<void> {
  await person.box.fill("still here");
  await person.page.getByRole("button", { name: "Account" }).click();
  await person.page.getByRole("dialog").waitFor();
  await person.page.keyboard.press("Escape");
  assertEquals(await person.box.inputValue(), "still here");
}

webTest("a server that lies leaves the page alive", async (stage) => {
  await withHostileServer(stage, (socket) => {
    for (const at of [NaN, -1e300, 1e300, 8.64e15, -8.64e15]) socket.send(message(1, "when?", at));
    for (const seq of [5, 3, -1, 0, 1e300, 2 ** 53, "x", null, 1.5]) socket.send(message(seq));
    for (const text of [null, 5, {}, [], "\ud800"]) socket.send(message(9, text));
    socket.send('{"type":"message"}\n{"type":\n[]\nnull\n"x"\n{"type":"__proto__","payload":{}}\n');
    socket.send(
      line("notification", { message: "x", event: "joined", room: "__proto__", name: "__proto__" }),
    );
    socket.send(
      line("notification", { message: "x", event: "renamed", name: "Alice", new_name: "<b>" }),
    );
    socket.send(
      line("unread", { rooms: [{ room: "General", seq: -5, unread: 1e300, mentions: -1 }] }),
    );
    socket.send(line("direct", { sender: "constructor", to: "Alice", text: "hi", seq: 1, at: 1 }));
    socket.send(message(10, "the last"));
  }, async (person) => {
    await person.page.getByRole("navigation").getByRole("button", { name: "constructor" })
      .waitFor();
    await isAlive(person);
  });
});

webTest(
  "a server that floods, or sends huge or half frames, leaves the page alive",
  async (stage) => {
    const acts: ((socket: WebSocket) => void)[] = [
      (socket) => socket.send(new Uint8Array(1_000)),
      (socket) => socket.send("x".repeat(100_000)),
      (socket) => socket.send(message(1, "y".repeat(20_000_000))),
      (socket) => socket.send('{"type": "message", "payl'),
      (socket) => {
        for (let seq = 1; seq <= 30_000; seq++) socket.send(message(seq, `flood ${seq}`));
      },
    ];
    let done = 0;
    await withHostileServer(stage, (socket, turn) => {
      acts[turn % acts.length]?.(socket);
      done = Math.max(done, turn);
      if (turn % acts.length === 3) socket.close();
    }, async (person) => {
      await until(async () => {
        await person.page.evaluate("dispatchEvent(new Event('online'))");
        return done >= acts.length;
      }, "every act was done");
      await isAlive(person);
      assert(await person.page.locator("#log > li").count() <= 450);
    });
  },
);
