import { assert, assertEquals } from "@std/assert";
import { Activity } from "../../../server/connection/activity.ts";
import { IdleTimer, type Standing } from "../../../server/peer/idle_timer.ts";
import { ServerProcess } from "../../fixtures/process.ts";
import { startServer } from "../../fixtures/server.ts";
import { PURE } from "../../fixtures/pure.ts";
import { requestLine } from "../../fixtures/test_client.ts";

/** Milliseconds: short, where a test waits for it to pass. */
const SHORT = 50;

/** Milliseconds: short, yet longer than a busy machine takes for a round trip. */
const AMPLE = 700;

const PING = { type: "ping", payload: {} };

const CONNECTED = { owes: "pong", isInLine: false, hasMuchToRead: false } as const;

/** The consequences found at these times, of a peer in that standing. */
function check(
  timer: IdleTimer,
  activity: Activity,
  standing: Standing,
  times: readonly number[],
): (string | undefined)[] {
  return times.map((time) => timer.check(activity, standing, time));
}

Deno.test("lines before connect gain no time", PURE, () => {
  const activity = new Activity(0);
  const standing = { ...CONNECTED, owes: "connect" } as const;
  activity.lineReceived(90);
  const timer = new IdleTimer({ handshake: 100, idle: 1000 });
  assertEquals(check(timer, activity, standing, [99, 100]), [undefined, "no handshake"]);
  const unbounded = new IdleTimer({ handshake: 0, idle: 1000 });
  assertEquals(check(unbounded, activity, standing, [1e9]), [undefined]);
});

Deno.test("a silence is pinged once, and is over with what is said or taken", PURE, () => {
  const timer = new IdleTimer({ handshake: 100, idle: 1000 });
  const activity = new Activity(0);
  activity.lineReceived(50);
  const look = (times: number[]) => check(timer, activity, CONNECTED, times);
  assertEquals(look([1049, 1050, 1051, 2049]), [undefined, "ping", undefined, undefined]);
  activity.lineReceived(2049);
  assertEquals(look([3048, 3049]), [undefined, "ping"]);
  activity.progressed(4000);
  assertEquals(look([4999, 5000, 6000]), [undefined, "ping", "idle"]);
});

Deno.test("a ping's answer is waited for longer where much is to be read before it", PURE, () => {
  const timer = new IdleTimer({ handshake: 100, idle: 1000 });
  const standing = { ...CONNECTED, hasMuchToRead: true };
  const found = check(timer, new Activity(0), standing, [999, 1000, 9999, 10_000]);
  assertEquals(found, [undefined, "ping", undefined, "idle"]);
});

Deno.test(
  "a peer that reads something is not stalled, one that reads nothing is after half of the timeout",
  PURE,
  () => {
    const timer = new IdleTimer({ handshake: 100, idle: 1000 });
    const activity = new Activity(0);
    const isStalled = (time: number) => timer.isStalled(activity, time);
    assertEquals([7000, 7499, 7500].map(isStalled), [false, false, true]);
    activity.progressed(7500);
    assertEquals([7600, 8099, 8100].map(isStalled), [false, false, true]);
  },
);

Deno.test("a lecture client may be silent for ever, but not within a line", PURE, () => {
  const timer = new IdleTimer({ handshake: 100, idle: 1000 });
  const activity = new Activity(0);
  const standing = { ...CONNECTED, owes: "rest of a line" } as const;
  const quiet = check(timer, activity, standing, [999, 1500, 1e6]);
  assertEquals(quiet, [undefined, undefined, undefined]);
  const times = [1e6 + 1, 1e6 + 1000, 1e6 + 2000];
  const found = check(timer, activity, { ...standing, isInLine: true }, times);
  assertEquals(found, [undefined, undefined, "idle"]);
});

Deno.test("silences are looked for often enough, and never more than a second apart", PURE, () => {
  const intervals = [[10_000, 60_000], [0, 60_000], [0, 2000], [100, 60_000], [1, 1]]
    .map(([handshake = 0, idle = 0]) => new IdleTimer({ handshake, idle }).interval);
  assertEquals(intervals, [1000, 1000, 500, 25, 1]);
});

Deno.test("a look that comes late judges no peer, the one after it does", PURE, () => {
  const timer = new IdleTimer({ handshake: 400, idle: 1000 });
  const looks = [100, 200, 400, 601, 602, 702, 5000, 9000, 9100];
  const judges = looks.map((time) => timer.beginLook(time));
  assertEquals(judges, [true, true, true, false, true, true, false, true, true]);
});

Deno.test({
  name: "what came while the server was stopped is read before a silence is judged",
  ignore: Deno.build.os === "windows",
  async fn() {
    const timeouts = ["--handshake-timeout", "1", "--idle-timeout", "1"];
    await using server = await ServerProcess.start(...timeouts);
    using alice = await server.connect("Alice");
    // A client that has not sent connect, and one whose answer to a ping is on its way.
    await alice.receive("ping");
    using bob = await server.dial();
    server.kill("SIGSTOP");
    await bob.send("connect", { name: "Bob", version: 2 });
    await alice.send("pong", {});
    await new Promise((resolve) => setTimeout(resolve, 2500));
    server.kill("SIGCONT");
    assertEquals((await bob.next())?.type, "connect_ack");
    await alice.send("ping", {}, "1");
    let answer = await alice.next();
    if (answer?.type === "ping") answer = await alice.next();
    assertEquals([answer?.type, answer?.id], ["pong", "1"]);
  },
});

Deno.test("a connection that never sends connect gets an error and is closed", async () => {
  await using chat = await startServer({ handshakeTimeout: SHORT });
  const silent = ["", "\r\n\n", "GET / HTTP/1.1", '{"type":"connect","payload":{"na'];
  for (const bytes of silent) {
    using peer = await chat.dial();
    await peer.write(bytes);
    const answers = (await peer.rest()).map(({ type, payload }) => `${type} ${payload.code}`);
    assertEquals(answers, ["error handshake_timeout"], bytes);
  }
});

Deno.test("nothing but connect makes a connection stay", async () => {
  await using chat = await startServer({ handshakeTimeout: AMPLE });
  using _alice = await chat.connect("Alice");
  const lines = [
    '{"type":"ping"}',
    "{}\nnonsense",
    '{"type":"message","payload":{"text":"Hi"}}',
    '{"type":"connect","payload":{"name":"Alice","version":2}}',
  ];
  await Promise.all(lines.map(async (line) => {
    using peer = await chat.dial();
    let code: string | undefined;
    // Sends requests until they are no longer answered.
    for (;;) {
      await peer.write(line + "\n").catch(() => {/* closed already */});
      const event = await peer.next();
      if (event === undefined) break;
      code = event.payload.code;
    }
    assertEquals(code, "handshake_timeout", line);
  }));
});

Deno.test("a connection that has said connect in time stays", async () => {
  await using chat = await startServer({ handshakeTimeout: AMPLE });
  using lecture = await chat.lecture("Alice");
  using newer = await chat.connect("Bob");
  // A later connection has its full timeout.
  using silent = await chat.dial();
  await silent.rest();
  await lecture.settled();
  await newer.settled();
});

Deno.test("a silent client gets a ping, then idle_timeout, and is closed", async () => {
  await using chat = await startServer({ idleTimeout: SHORT });
  using bob = await chat.lecture("Bob");
  using alice = await chat.join("Alice");
  assertEquals(await alice.next(), PING);
  const events = (await alice.rest()).map(({ type, payload }) => [type, payload.code]);
  assertEquals(events, [["error", "idle_timeout"]]);
  for (const text of ["Alice has joined the room.", "Alice has left the room."]) {
    assertEquals((await bob.receive("notification")).payload.message, text);
  }
});

Deno.test("a client that has much to read is not let go when a silent one is", async () => {
  await using chat = await startServer({ idleTimeout: AMPLE });
  using slow = await chat.join("Slow");
  using bob = await chat.join("Bob");
  const line = requestLine("message", { text: "x".repeat(4096) });
  for (let said = 0; said < 200; said += 50) {
    await bob.write(line.repeat(50));
    await bob.settled();
  }
  // Everything is in the system's buffers, which do not tell how much was read.
  using silent = await chat.connect("Silent");
  await silent.rest();
  const heard = await slow.settled();
  assertEquals(heard.filter(({ type }) => type === "message").length, 200);
});

Deno.test("bytes that complete no line do not keep a client", async () => {
  await using chat = await startServer({ idleTimeout: SHORT });
  using alice = await chat.join("Alice");
  await alice.write('{"type":"message","payload":{"text":"');
  assertEquals(await alice.next(), PING);
  await alice.write("and so on");
  assertEquals((await alice.rest()).at(0)?.payload.code, "idle_timeout");
});

Deno.test("a session that was let go is taken up again", async () => {
  await using chat = await startServer({ idleTimeout: SHORT });
  using alice = await chat.join("Alice");
  await alice.rest();
  using again = await chat.connect("Alice", { session: alice.ack.session });
  assertEquals([again.ack.resumed, again.ack.rooms], [true, [{ room: "General", seq: 0 }]]);
});

Deno.test("a pong keeps a client, and so does any other line", async () => {
  const lines = [
    '{"type":"pong"}',
    '{"type":"ping"}',
    '{"type":"message","payload":{"text":"Hi"}}',
    "nonsense",
  ];
  await Promise.all(lines.map(async (line) => {
    await using chat = await startServer({ idleTimeout: AMPLE });
    using alice = await chat.join("Alice");
    for (let pings = 0; pings < 2;) {
      const event = await alice.next();
      assert(event !== undefined, `let go in spite of ${line}`);
      assert(event.payload.code !== "idle_timeout", `told to go in spite of ${line}`);
      if (event.type !== "ping") continue;
      pings++;
      await alice.write(line + "\n");
    }
    await alice.settled();
  }));
});

Deno.test("a client that talks is not pinged", async () => {
  await using chat = await startServer({ idleTimeout: AMPLE });
  using busy = await chat.connect("Busy");
  using silent = await chat.connect("Silent");
  let isPinged = false;
  silent.receive("ping").then(() => isPinged = true);
  const events = [];
  while (!isPinged) events.push(...await busy.settled());
  assertEquals(events, []);
});

Deno.test("a lecture client may be silent, and is never pinged", async () => {
  await using chat = await startServer({ handshakeTimeout: AMPLE, idleTimeout: SHORT });
  using lecture = await chat.lecture("Lecture", "Quiet");
  // Two later connections are pinged and closed meanwhile.
  for (const name of ["Alice", "Bob"]) {
    using peer = await chat.connect(name);
    await peer.rest();
  }
  assertEquals(await lecture.settled(), []);
});

Deno.test("a lecture client may be silent after white space, but not within a line", async () => {
  await using chat = await startServer({ idleTimeout: SHORT });
  using silent = await chat.lecture("Silent", "Quiet");
  await silent.write(" \r");
  using stuck = await chat.lecture("Stuck", "Other");
  await stuck.write('{"type":"message","payl');
  assertEquals((await stuck.rest()).map(({ payload }) => payload.code), ["idle_timeout"]);
  assertEquals(await silent.settled(), []);
});

Deno.test("without a handshake timeout a connection may take its time", async () => {
  await using chat = await startServer({ handshakeTimeout: 0, idleTimeout: SHORT });
  using late = await chat.dial();
  using silent = await chat.connect("Silent");
  await silent.rest();
  await late.send("connect", { name: "Late", version: 2 });
  assertEquals((await late.receive("connect_ack")).payload.name, "Late");
});
