import { assertEquals, assertObjectMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { MemoryLog } from "../../../server/log/memory/memory_log.ts";
import type { Account, StoredPassword } from "../../../server/log/account_store.ts";
import type { Draft, Outcome } from "../../../server/log/message_log.ts";
import { Appender } from "../../../server/log/sqlite/tables/append.ts";
import { AccountTable } from "../../../server/log/sqlite/tables/accounts.ts";
import { MessageIndex } from "../../../server/log/sqlite/tables/search_index.ts";
import { migrate } from "../../../server/log/sqlite/tables/schema.ts";
import { Statements } from "../../../server/log/sqlite/tables/statements.ts";
import { gist, onEachLog, opens, says, tells, type TestLog, upTo } from "../../fixtures/log.ts";

/** A stored password; `salt` makes it distinct. */
function kept(salt: string): StoredPassword {
  return { salt, hash: "ab".repeat(32), n: 16, r: 1, p: 1 };
}

function registers(name: string, salt = "01"): Draft {
  return { kind: "register", name, password: kept(salt) };
}

function goes(session: string): Draft {
  return { kind: "away", session, inboxSeen: 0, byServer: false };
}

/** Registers a name; returns its account. */
async function registered(test: TestLog, name: string): Promise<Account> {
  const [outcome] = await test.append(registers(name));
  return accountIn(outcome);
}

function accountIn(outcome: Outcome | undefined): Account {
  if (outcome?.kind !== "account") throw new Error(`Not registered: ${JSON.stringify(outcome)}`);
  return outcome.account;
}

/** A session of an account. */
function opensAs(session: string, { id: account, passwordVersion, name }: Account): Draft {
  return { ...opens(session, name), authentication: { account, passwordVersion } };
}

function authenticationOf({ id: account, passwordVersion }: Account) {
  return { account, passwordVersion };
}

async function inboxOf(test: TestLog, session: string): Promise<string[]> {
  const { items } = await test.log.inbox(session, 0, 500);
  return items.map(({ seq, sender, to, text }) => `${seq} ${sender}>${to} ${text}`);
}

onEachLog("log keeps an account, and finds it by every form of its name", async (test) => {
  const account = await registered(test, "Zoë");
  assertEquals([account.name, account.passwordVersion], ["Zoë", 1]);
  for (let round = 0; round < 2; round++) {
    for (const name of ["Zoë", "ZOË", "ｚｏë"]) {
      assertEquals(await test.log.account(name), { ...account, password: kept("01") });
    }
    assertEquals(await test.log.account("Zoe"), undefined);
    await test.reopen();
    if (test.isInFile) assertEquals(test.snapshot.accounts, [account]);
  }
});

onEachLog("log lets a name be registered once", async (test) => {
  const outcomes = await test.append(
    registers("Alice"),
    registers("ALICE", "02"),
    registers("Bob"),
  );
  assertEquals(outcomes.map(gist), ["account", "already registered", "account"]);
  assertEquals((await test.log.account("alice"))?.password.salt, "01");
});

onEachLog("log changes an account's password given the present one", async (test) => {
  const first = await registered(test, "Alice");
  const draft = (account: Account, salt: string): Draft => {
    return { kind: "password", authentication: authenticationOf(account), password: kept(salt) };
  };
  const second = accountIn((await test.append(draft(first, "02")))[0]);
  assertEquals(second, { ...first, passwordVersion: 2 });
  // Two at once: the second one's version is outdated.
  const late = await test.append(draft(first, "03"), draft({ ...second, id: 99 }, "04"));
  assertEquals(late.map(gist), ["outdated", "outdated"]);
  await test.reopen();
  assertEquals(await test.log.account("Alice"), { ...second, password: kept("02") });
});

onEachLog("log keeps the same password in another way", async (test) => {
  const account = await registered(test, "Alice");
  const rehash = (passwordVersion: number): Draft => {
    return {
      kind: "rehash",
      authentication: { account: account.id, passwordVersion },
      password: kept(`0${passwordVersion}`),
    };
  };
  assertEquals((await test.append(rehash(2), rehash(1))).map(gist), ["outdated", "kept"]);
  assertEquals(await test.log.account("Alice"), { ...account, password: kept("01") });
});

onEachLog("log gives an account up, with its sessions but for one", async (test) => {
  const account = await registered(test, "Alice");
  await test.append(
    opensAs("s1", account),
    opensAs("s2", account),
    opens("s3", "Bob"),
    tells("hi", { to: "Alice", inbox: { session: "s2" } }),
  );
  const unregister: Draft = {
    kind: "unregister",
    authentication: authenticationOf(account),
    session: "s1",
  };
  assertEquals((await test.append(unregister, unregister)).map(gist), ["kept", "outdated"]);
  await test.reopen();
  assertEquals(await test.log.account("Alice"), undefined);
  assertEquals((await test.log.session("s1"))?.authentication, undefined);
  assertEquals((await test.log.session("s1"))?.name, "Alice");
  assertEquals(await test.log.session("s2"), undefined);
  assertEquals(await inboxOf(test, "s2"), []);
  assertObjectMatch({ ...await test.log.session("s3") }, { name: "Bob" });
});

onEachLog("log never gives an account the number of one before", async (test) => {
  const first = await registered(test, "Alice");
  await test.append({ kind: "unregister", authentication: authenticationOf(first) });
  await test.reopen();
  assertEquals((await registered(test, "Alice")).id === first.id, false);
});

onEachLog("log knows of a session what it has shown", async (test) => {
  const account = await registered(test, "Alice");
  await test.append(opensAs("s1", account), opens("s2", "Bob"));
  await test.reopen();
  assertEquals((await test.log.session("s1"))?.authentication, authenticationOf(account));
  assertEquals("authentication" in (await test.log.session("s2"))!, false);
  // It took another name.
  await test.append(opens("s1", "Carol"));
  assertEquals((await test.log.session("s1"))?.authentication, undefined);
  assertEquals(await test.log.accountSessions(account.id), []);
});

onEachLog("log puts a direct message into all inboxes of an account", async (test) => {
  const account = await registered(test, "Bob");
  await test.append(opensAs("s1", account), opensAs("s2", account), goes("s2"), opens("s3", "Bob"));
  const inbox = { account: account.id, sessions: ["s1"], isHere: false };
  const [one] = await test.append(tells("one", { inbox }));
  await test.append(tells("alone", { inbox: { session: "s1" } }), tells("two", { inbox }));
  assertEquals(await inboxOf(test, "s1"), [
    "1 Alice>Bob one",
    "2 Alice>Bob alone",
    "3 Alice>Bob two",
  ]);
  assertEquals(await inboxOf(test, "s2"), ["1 Alice>Bob one", "2 Alice>Bob two"]);
  // The session of a stranger that had the name before it was registered.
  assertEquals(await inboxOf(test, "s3"), []);
  if (one?.kind !== "direct") throw new Error("It was not kept");
  const sessions = [one.session, ...(one.copies ?? []).map(({ session }) => session)];
  assertEquals(sessions.toSorted(), ["s1", "s2"]);
});

onEachLog("log puts a copy into the inboxes of the sender's other sessions", async (test) => {
  const [alice, bob] = [await registered(test, "Alice"), await registered(test, "Bob")];
  await test.append(opensAs("a1", alice), opensAs("a2", alice), opensAs("b1", bob));
  const inbox = { account: bob.id, sessions: [], isHere: false };
  const draft = tells("hi", { inbox, copies: alice.id, session: "a1", ref: 1 });
  const [first, again] = [await test.append(draft), await test.append(draft)];
  assertEquals([gist(first[0]), gist(again[0])], [1, "repeated 1"]);
  for (const session of ["a2", "b1"]) {
    assertEquals(await inboxOf(test, session), ["1 Alice>Bob hi"], session);
  }
  assertEquals(await inboxOf(test, "a1"), []);
});

onEachLog("log puts a direct message to oneself into each of one's inboxes once", async (test) => {
  const alice = await registered(test, "Alice");
  await test.append(opensAs("a1", alice), opensAs("a2", alice), opensAs("a3", alice));
  const inbox = { account: alice.id, sessions: ["a1", "a2", "a3"], isHere: false };
  const draft = tells("note", { to: "Alice", inbox, copies: alice.id, session: "a2", ref: 5 });
  const [outcome] = await test.append(draft);
  // The sending session gets the number that the message has in its own inbox.
  assertEquals(outcome?.kind === "direct" && outcome.session, "a2");
  for (const session of ["a1", "a2", "a3"]) {
    assertEquals(await inboxOf(test, session), ["1 Alice>Alice note"], session);
  }
});

onEachLog("log refuses a direct message to an account that has no inbox", async (test) => {
  const account = await registered(test, "Bob");
  const to = (isHere: boolean) =>
    tells("hi", { inbox: { account: account.id, sessions: [], isHere } });
  assertEquals((await test.append(to(false), to(true))).map(gist), ["unknown name", 0]);
});

onEachLog(
  "log lists the sessions of an account: those that are away the longest first",
  async (test) => {
    const account = await registered(test, "Alice");
    await test.append(opensAs("s1", account), opensAs("s2", account), opensAs("s3", account));
    await test.append(goes("s3"));
    await test.append(goes("s1"));
    const sessions = await test.log.accountSessions(account.id);
    assertEquals(sessions.map(({ session }) => session).slice(-1), ["s2"]);
    assertEquals(sessions.map(({ awaySince }) => awaySince === undefined), [false, false, true]);
  },
);

onEachLog("log knows of no change by another process that there was not", async (test) => {
  await registered(test, "Alice");
  await test.append(says("hi"));
  for (const _ of upTo(2)) assertEquals(await test.log.changedAccounts(), undefined);
});

/** Signs in once a minute, and disconnects at once. */
function signInAgainAndAgain(append: (draft: Draft, now: number) => void): void {
  const authentication = { account: 1, passwordVersion: 1 };
  append(registers("Alice"), 0);
  append({ ...opens("stays", "Alice"), authentication }, 0);
  for (const time of upTo(100)) {
    append({ ...opens(`s${time}`, "Alice"), authentication }, time * 60_000);
    append(goes(`s${time}`), time * 60_000);
  }
}

/** The remaining sessions: the connected one, and as many others as the limit allows. */
const LEFT = [...upTo(100).slice(-15).map((time) => `s${time}`), "stays"];

Deno.test("log in memory keeps a bounded number of an account's sessions", async () => {
  let now = 0;
  const retention = { retainFor: 0, retainMessages: 0, sessionsFor: 1e12 };
  const log = new MemoryLog(retention, () => now, () => now);
  signInAgainAndAgain((draft, at) => {
    now = at;
    log.append([draft]);
  });
  assertEquals((await log.accountSessions(1)).map(({ session }) => session), LEFT);
  assertEquals(await log.session("s80"), undefined);
});

Deno.test("log in a file keeps a bounded number of an account's sessions", () => {
  using database = new DatabaseSync(":memory:");
  migrate(database);
  const appender = new Appender(database, new MessageIndex(database));
  signInAgainAndAgain((draft, at) => appender.append([draft], { time: at, at }));
  const sessions = new AccountTable(new Statements(database)).sessionsOf(1);
  assertEquals(sessions.map(({ session }) => session), LEFT);
});
