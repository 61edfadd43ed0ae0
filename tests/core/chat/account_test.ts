import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { submit } from "../../../core/chat/commands.ts";
import type { Effect } from "../../../core/chat/items.ts";
import { type GivenPassword, Login } from "../../../core/session/login.ts";
import { Chat } from "../../../core/chat/chat.ts";
import type { ErrorCode, Event, Request } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Alice, and the effects of a line and of the secrets asked for then. */
class Person {
  readonly chat = new Chat("Alice", "General", 0);
  readonly questions: string[] = [];

  /** Types a line and these secrets, `undefined` for none; returns the remaining effects. */
  type(line: string, ...secrets: string[]): Effect[] {
    return this.answer(submit(this.chat.state, line), ...secrets);
  }

  answer(effects: Effect[], ...secrets: string[]): Effect[] {
    const effect = effects.at(-1);
    if (effect?.kind !== "secret") return effects;
    this.questions.push(effect.question);
    const [secret, ...rest] = secrets;
    return secret === undefined ? effects : this.answer(effect.then(secret), ...rest);
  }

  receive(type: Event["type"], payload: unknown, id: string | undefined): Effect[] {
    return this.chat.receive({ type, id, payload } as Event, 0);
  }
}

/** The one request among the effects. */
function request(effects: Effect[]): Request {
  const [effect] = effects;
  assert(effect?.kind === "send" && effects.length === 1, JSON.stringify(effects));
  return effect.request;
}

function words(effects: Effect[]): string {
  const [effect] = effects;
  return effect?.kind === "show" && "text" in effect.item ? effect.item.text : "";
}

Deno.test(
  "/register asks for the new password twice, and sends it when it was the same",
  PURE,
  () => {
    const alice = new Person();
    const { type, payload } = request(alice.type("/register", "long enough", "long enough"));
    assertEquals([type, payload], ["register", { password: "long enough" }]);
    assertEquals(alice.questions, ["New password for Alice", "The same again"]);
    const differing = alice.type("/register", "long enough", "long enoguh");
    assertEquals(words(differing), "The two were not the same; once more");
    alice.answer(differing.slice(1));
    assertEquals(alice.questions.at(-1), "New password for Alice");
    const short = alice.type("/register", "short");
    assertEquals(words(short), "It must be a password of 8 to 256 characters; once more");
  },
);

Deno.test("/password asks for the present one first, and again when that was wrong", PURE, () => {
  const alice = new Person();
  const { type, payload, id } = request(
    alice.type("/password", "old", "new new new", "new new new"),
  );
  assertEquals([type, payload], ["password", { current: "old", password: "new new new" }]);
  const refused = alice.receive("error", { code: "wrong_password", message: "It is wrong" }, id);
  assertEquals(words(refused), "It is wrong");
  alice.answer(refused.slice(1));
  assertEquals(alice.questions.at(-1), "Present password of Alice");
});

Deno.test("/unregister asks for the password, and not again for any other error", PURE, () => {
  const alice = new Person();
  const { type, payload, id } = request(alice.type("/unregister", "secret"));
  assertEquals([type, payload], ["unregister", { password: "secret" }]);
  const payloadLater = { code: "rate_limited", message: "Again in 9 s", retry_after: 9_000 };
  const refused = alice.receive("error", payloadLater, id);
  assertEquals([words(refused), refused.length], ["Again in 9 s", 1]);
});

Deno.test("a command that asks for a secret takes none on its line", PURE, () => {
  for (const line of ["/register hunter22", "/password a b", "/unregister hunter22"]) {
    const effects = new Person().type(line);
    assertEquals(effects.length, 1);
    assertStringIncludes(words(effects), "asks for the password");
  }
});

Deno.test("/end N ends a session of the last /sessions; ending this one is leaving", PURE, () => {
  const alice = new Person();
  assertEquals(words(alice.type("/end 1")), "Write /end N, with N from /sessions");
  const { id } = request(alice.type("/sessions"));
  const session = { connected: true, since: 0 };
  const sessions = [
    { ...session, session: "aaa", current: true },
    { ...session, session: "bbb", current: false },
  ];
  const shown = alice.receive("sessions", { sessions }, id);
  assertEquals(shown, [{ kind: "show", item: { kind: "sessions", sessions } }]);
  assertEquals(words(alice.type("/end 3")), "Write /end N, with N from /sessions");
  const ended = { message: "It was ended.", event: "session_ended" };
  const cases: [line: string, session: string, kinds: string[]][] = [
    ["/end 2", "bbb", ["show"]],
    ["/end #1", "aaa", ["show", "quit"]],
  ];
  for (const [line, session, kinds] of cases) {
    const asked = request(alice.type(line));
    assertEquals(asked.payload, { session });
    const done = alice.receive("notification", ended, asked.id);
    assertEquals(done.map(({ kind }) => kind), kinds, line);
  }
});

/** A login with these passwords typed one after the other, and then none. */
function login(typed: string[] | "nobody", given?: GivenPassword) {
  const told: string[] = [];
  const ask = typed === "nobody" ? undefined : () => Promise.resolve(typed.shift());
  const tell = (problem: string) => void told.push(problem);
  const advice = { password_required: "give one", insecure_link: "use TLS" };
  const opened = new Login({ name: () => "Alice", given, advice, ask, tell });
  const refused = (code: ErrorCode, retry_after?: number) =>
    opened.refused({ code, message: code, ...retry_after === undefined ? {} : { retry_after } });
  return { opened, told, refused };
}

Deno.test(
  "a person types the password, again when it was wrong, and it is forgotten then",
  PURE,
  async () => {
    const { opened, told, refused } = login(["first", "second"]);
    assertEquals(opened.password, undefined);
    assertEquals([await refused("password_required"), opened.password], [{ wait: 0 }, "first"]);
    assertEquals([await refused("wrong_password"), opened.password], [{ wait: 0 }, "second"]);
    assertEquals(told, ["wrong_password"]);
    opened.accepted();
    assertEquals(opened.password, undefined);
    assertEquals(await refused("password_required"), { end: "password_required" });
  },
);

Deno.test("a person waits out too many failures, and need not type it again", PURE, async () => {
  const { opened, refused } = login(["first"]);
  await refused("password_required");
  assertEquals(await refused("rate_limited", 9_000), { wait: 9_000 });
  assertEquals(opened.password, "first");
});

Deno.test("where nobody can be asked it ends, with what to do", PURE, async () => {
  const { refused } = login("nobody");
  assertEquals(await refused("password_required"), { end: "password_required; give one" });
  assertEquals(await refused("wrong_password"), { end: "wrong_password" });
  assertEquals(await refused("insecure_link"), { end: "insecure_link; use TLS" });
  assertEquals(await refused("session_ended"), { end: "session_ended" });
  // The link waits for as long as --retry says.
  assertEquals(await refused("rate_limited", 9_000), undefined);
  assertEquals(await refused("name_taken"), undefined);
});

Deno.test("a given password is shown at once, and blamed when it is wrong", PURE, async () => {
  const { opened, refused } = login(["typed"], { password: "given", from: "/etc/pw" });
  assertEquals(opened.password, "given");
  opened.accepted();
  assertEquals(opened.password, "given");
  assertEquals(await refused("wrong_password"), { end: "wrong_password; it is from /etc/pw" });
});

Deno.test("a session ended elsewhere does not come back by a given password", PURE, async () => {
  const { opened, refused } = login(["typed"], { password: "given", from: "CHAT_PASSWORD" });
  assertEquals([await refused("session_ended"), opened.password], [{ wait: 250 }, undefined]);
  assertEquals([await refused("password_required"), opened.password], [{ wait: 0 }, "typed"]);
});
