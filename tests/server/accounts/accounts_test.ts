import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { SCRYPT_COST } from "../../../server/accounts/passwords.ts";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { type Received, TestClient } from "../../fixtures/test_client.ts";
import { limits, startServer } from "../../fixtures/server.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { outerAddress } from "../../fixtures/tls.ts";

const password = "correct horse";

/** The code with which `connect` is refused on a new connection. */
async function refusedConnect(chat: Endpoint, payload: Record<string, unknown>): Promise<string> {
  using peer = await chat.dial();
  return await peer.refusal("connect", { version: 2, ...payload });
}

/** Connects as Alice, and registers. */
async function registered(
  chat: Endpoint,
  room?: string,
): Promise<TestClient> {
  const alice = await chat.connect("Alice", { room });
  const { payload } = await alice.ask("register", { password });
  assertEquals([payload.event, payload.name], ["registered", "Alice"]);
  return alice;
}

Deno.test("a name can be registered, and needs its password from then on", async () => {
  await using chat = await startServer();
  using alice = await registered(chat);
  assertEquals(await refusedConnect(chat, { name: "alice" }), "password_required");
  assertEquals(
    await refusedConnect(chat, { name: "alice", password: "no" }),
    "wrong_password",
  );
  assertEquals(await refusedConnect(chat, { name: "Bob", password }), "wrong_password");
  using phone = await chat.join("ALICE", "General", { password });
  assertEquals(await alice.refusal("register", { password }), "already_registered");
  assertEquals(await phone.refusal("register", { password: "short" }), "bad_password");
  using lecture = await chat.dial();
  await lecture.send("connect", { name: "Alice", room: "General", password });
  assertEquals((await lecture.receive("connect_ack")).payload, {
    message: "Connected to the room.",
  });
});

Deno.test("a password is the same however its accents were typed", async () => {
  await using chat = await startServer();
  using alice = await chat.connect("Alice");
  await alice.ask("register", { password: "caf\u00e9 au lait" });
  using _phone = await chat.connect("Alice", {
    password: "cafe\u0301 au lait",
  });
});

Deno.test("a session comes back by its token, without the password, after a restart too", async () => {
  using directory = new Directory();
  let session = "";
  for (const round of upTo(3)) {
    await using chat = await startServer({}, directory.file());
    if (round === 1) {
      using alice = await registered(chat, "General");
      session = alice.ack.session;
    } else {
      assertEquals(await refusedConnect(chat, { name: "Alice" }), "password_required");
      using alice = await chat.connect("Alice", { session });
      assertEquals([alice.ack.resumed, alice.ack.rooms.length], [true, 1]);
      using _phone = await chat.connect("Alice", { password });
    }
  }
});

Deno.test("a changed password ends the other sessions, which keep what is theirs", async () => {
  await using chat = await startServer();
  using alice = await registered(chat, "General");
  using phone = await chat.join("Alice", "General", { password });
  await phone.send("message", { text: "once", ref: 3 });
  await phone.receive("message");
  const changed = { current: password, password: "battery staple" };
  assertEquals(await alice.refusal("password", { ...changed, current: "no" }), "wrong_password");
  assertEquals((await alice.ask("password", changed)).payload.event, "password_changed");
  assertEquals((await phone.rest()).map(({ payload }) => payload.code), ["session_ended"]);
  const { session } = phone.ack;
  assertEquals(await refusedConnect(chat, { name: "Alice", session }), "password_required");
  assertEquals(await refusedConnect(chat, { name: "Alice", password }), "wrong_password");
  using bob = await chat.connect("Bob");
  await bob.ask("direct", { to: "Alice", text: "while you were away" });
  using again = await chat.connect("Alice", {
    session,
    password: "battery staple",
  });
  assertEquals(again.ack.resumed, true);
  assertEquals((await again.receive("direct")).payload.text, "while you were away");
  const retry = await again.ask("message", { room: "General", text: "once", ref: 3 });
  assertEquals([retry.type, retry.payload.seq, retry.payload.ref], ["message", 1, 3]);
});

Deno.test("a name that is given up is anyone's, and its other sessions are over", async () => {
  await using chat = await startServer();
  using alice = await registered(chat);
  using phone = await chat.connect("Alice", { password });
  assertEquals(await alice.refusal("unregister", { password: "no" }), "wrong_password");
  assertEquals((await alice.ask("unregister", { password })).payload.event, "unregistered");
  assertEquals((await phone.rest()).map(({ payload }) => payload.code), ["session_ended"]);
  assertEquals(await alice.refusal("unregister", { password }), "not_registered");
  assertEquals(
    await alice.refusal("password", { current: password, password: "battery staple" }),
    "not_registered",
  );
  await alice.send("quit");
  await alice.rest();
  using anyone = await chat.connect("Alice", { session: phone.ack.session });
  assertEquals(anyone.ack.resumed, false);
});

Deno.test("a name's sessions can be listed and ended", async () => {
  const began = Date.now();
  await using chat = await startServer();
  using alice = await registered(chat);
  using phone = await chat.connect("Alice", { password });
  const away = await chat.connect("Alice", { password });
  away[Symbol.dispose]();
  const list = async () => (await alice.ask("sessions")).payload.sessions;
  // The server notices the end of a connection a moment later.
  let sessions = await list();
  while (sessions[2].connected) sessions = await list();
  assertEquals(
    sessions.map(({ current, connected }: Received["payload"]) => [current, connected]),
    [[true, true], [false, true], [false, false]],
  );
  for (const { session, since, address, connected } of sessions) {
    assert(!alice.ack.session.includes(session) && !phone.ack.session.includes(session));
    assertEquals(address?.startsWith("127.0.0.1:") ?? false, connected);
    assertGreater(since, began - 1000);
    assertLess(since, Date.now() + 1000);
  }
  assertEquals(await alice.refusal("end_session", { session: "nobody's" }), "unknown_session");
  for (const { session } of sessions.slice(1)) {
    const { payload } = await alice.ask("end_session", { session });
    assertEquals(payload.event, "session_ended");
  }
  assertEquals((await phone.rest()).map(({ payload }) => payload.code), ["session_ended"]);
  for (const { ack: { session } } of [phone, away]) {
    assertEquals(await refusedConnect(chat, { name: "Alice", session }), "password_required");
    using again = await chat.connect("Alice", { session, password });
    assertEquals(again.ack.resumed, false);
    await again.send("quit");
    await again.rest();
  }
  assertEquals((await list()).length, 1);
  await alice.send("end_session", { session: sessions[0].session }, "last");
  const rest = await alice.rest();
  assertEquals(rest.map(({ id, payload }) => [id, payload.event ?? payload.code]), [
    ["last", "session_ended"],
    [undefined, "session_ended"],
  ]);
});

Deno.test("a session of a name that is not registered sees itself alone", async () => {
  await using chat = await startServer();
  using bob = await chat.connect("Bob");
  using _carol = await chat.connect("Carol");
  const { sessions } = (await bob.ask("sessions")).payload;
  assertEquals(sessions.length, 1);
  assertEquals(sessions[0].current, true);
});

Deno.test("requests about names come after connect", async () => {
  await using chat = await startServer();
  using peer = await chat.dial();
  assertEquals(await peer.refusal("register", { password }), "not_connected");
  assertEquals(await peer.refusal("sessions"), "not_connected");
});

Deno.test({
  name: "passwords are refused over a link that others can read",
  ignore: outerAddress() === undefined,
  async fn() {
    await using chat = await startServer({
      listeners: [Deno.listen({ hostname: "0.0.0.0", port: 0 })],
    });
    using alice = await registered(chat);
    using peer = await new Endpoint(() =>
      Deno.connect({ hostname: outerAddress() ?? "", port: chat.port })
    ).dial();
    for (const shown of [password, "no"]) {
      const connect = { name: "Alice", version: 2, password: shown };
      assertEquals(await peer.refusal("connect", connect), "insecure_link");
    }
    await peer.ask("connect", { name: "Bob", version: 2 });
    assertEquals(await peer.refusal("register", { password }), "insecure_link");
    assertEquals((await alice.settled()).length, 0);
  },
});

Deno.test("wrong passwords make a guesser wait, but not a client with a token", async () => {
  const strict = limits({ "login-failures": 3, "limit-loopback": true });
  await using chat = await startServer({ limits: strict });
  const alice = await registered(chat);
  alice[Symbol.dispose]();
  for (const name of ["Alice", "Nobody"]) {
    using peer = await chat.dial();
    const connect = () => peer.ask("connect", { name, version: 2, password: "no" });
    let answer = await connect();
    // The earlier failures came from this address too.
    while (answer.payload.code === "wrong_password") answer = await connect();
    assertEquals(answer.payload.code, "rate_limited");
    assertGreater(answer.payload.retry_after, 0);
    // Not even the right one gets through.
    assertEquals(
      await refusedConnect(chat, { name: "Alice", password }),
      "rate_limited",
    );
  }
  using again = await chat.connect("Alice", { session: alice.ack.session });
  assertEquals(again.ack.resumed, true);
});

/** The median of some numbers. */
function median(numbers: number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] as number;
}

Deno.test("a wrong password takes as long for a name that there is as for one that there is not", async () => {
  await using chat = await startServer({ passwordCost: { n: 2 ** 13, r: 8, p: 1 } });
  using _alice = await registered(chat);
  using peer = await chat.dial();
  const took = { Alice: [] as number[], Nobody: [] as number[] };
  for (const _ of upTo(15)) {
    for (const name of ["Alice", "Nobody"] as const) {
      const began = performance.now();
      assertEquals(
        await peer.refusal("connect", { name, version: 2, password: "no" }),
        "wrong_password",
      );
      took[name].push(performance.now() - began);
    }
  }
  const ratio = median(took.Alice) / median(took.Nobody);
  assertGreater(ratio, 0.5);
  assertLess(ratio, 2);
});

Deno.test("a room talks on while passwords are checked", async () => {
  await using chat = await startServer({ passwordCost: SCRYPT_COST });
  using alice = await chat.join("Alice");
  using guesser = await chat.dial();
  let isChecked = false;
  const checked = guesser.refusal("connect", { name: "Bob", version: 2, password: "no" })
    .then(() => isChecked = true);
  let rounds = 0;
  while (!isChecked) {
    await alice.ask("message", { text: "Hi" });
    rounds++;
  }
  await checked;
  // On the main thread, the hashes would run one after the other.
  assertGreater(rounds, 20);
});

Deno.test("a password is kept anew when it costs too little by now", async () => {
  using directory = new Directory();
  const costs = [{ n: 16, r: 1, p: 1 }, { n: 64, r: 2, p: 1 }, { n: 16, r: 1, p: 1 }];
  for (const [round, passwordCost] of costs.entries()) {
    await using chat = await startServer({ passwordCost }, directory.file());
    if (round === 0) {
      using _alice = await registered(chat);
    } else {
      assertEquals(
        await refusedConnect(chat, { name: "Alice", password: "no" }),
        "wrong_password",
      );
      using _alice = await chat.connect("Alice", { password });
    }
  }
  assertEquals(readAccount(directory.file()), {
    name: "Alice",
    passwordVersion: 1,
    n: 64,
    r: 2,
    p: 1,
  });
});

Deno.test("a server that takes registered names alone says so", async () => {
  using directory = new Directory();
  {
    await using chat = await startServer({}, directory.file());
    using _alice = await registered(chat);
  }
  await using chat = await startServer({ registeredOnly: true }, directory.file());
  assertEquals(await refusedConnect(chat, { name: "Bob" }), "password_required");
  using alice = await chat.connect("Alice", { password });
  await alice.send("unregister", { password }, "u1");
  const rest = await alice.rest();
  assertEquals(rest.map(({ payload }) => payload.event ?? payload.code), [
    "unregistered",
    "session_ended",
  ]);
});

Deno.test("no password gets into what the server writes", async () => {
  using directory = new Directory();
  const secrets = ["first-secret-1", "second-secret-2", "wrong-secret-3", "typed-as-type-4"];
  const [first = "", second = "", wrong = "", misplaced = ""] = secrets;
  await using chat = await startServer({}, directory.file());
  {
    using alice = await chat.join("Alice");
    await alice.ask("register", { password: first });
    await alice.ask("password", { current: wrong, password: second });
    await alice.ask("password", { current: first, password: second });
    await refusedConnect(chat, { name: "Alice", password: wrong });
    await refusedConnect(chat, { name: "Alice", password: [misplaced] });
    await refusedConnect(chat, { password: misplaced });
    await alice.write(`{"type": "register", "payload": {"password": "${misplaced}"\n`);
    await alice.write(`{"type": "register", "payload": "${misplaced}"}\n`);
    await alice.send("unregister", { password: wrong });
    assertEquals(JSON.stringify(await alice.settled()).includes("secret"), false);
    await alice.ask("unregister", { password: second });
  }
  await chat.server.stop();
  const written = chat.log.join("") + readAll(directory.path);
  assert(written.includes("Alice"));
  for (const secret of secrets) assertEquals(written.includes(secret), false, secret);
});

/** The one account in a log's file. */
function readAccount(path: string): unknown {
  using database = new DatabaseSync(path, { readOnly: true });
  return {
    ...database.prepare("SELECT name, edition AS passwordVersion, n, r, p FROM claim").get(),
  };
}

/** All files in a directory, as one text. */
function readAll(path: string): string {
  const decoder = new TextDecoder("latin1");
  const files = [...Deno.readDirSync(path)].filter(({ isFile }) => isFile);
  return files.map(({ name }) => decoder.decode(Deno.readFileSync(`${path}/${name}`))).join("");
}
