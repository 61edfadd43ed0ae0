import { assert, assertEquals } from "@std/assert";
import { formatInvitation, parseServerUrl } from "../../../client/net/server_url.ts";
import { NO_CONFIG, resolveSettings } from "../../../client/startup/settings.ts";
import { certificateProblem } from "../../../client/net/trust_errors.ts";
import { PURE } from "../../fixtures/pure.ts";

const FINGERPRINT = "0123456789abcdef".repeat(4);

Deno.test("parseServerUrl() reads hosts, ports, rooms and fingerprints", PURE, () => {
  const at = (hostname: string, port: number) => ({ address: { hostname, port } });
  const cases: [string, unknown][] = [
    ["example.org", at("example.org", 12345)],
    ["[::1]:9", at("::1", 9)],
    ["chat://example.org", at("example.org", 12345)],
    ["chat://example.org:9/", at("example.org", 9)],
    ["CHAT://example.org/General", { ...at("example.org", 12345), room: "General" }],
    ["chats://example.org", { ...at("example.org", 12346), tls: {} }],
    ["chats://[::1]/a%20b%2Fc", { ...at("::1", 12346), room: "a b/c", tls: {} }],
    ["chats://[fe80::1]:9/%C3%A4", { ...at("fe80::1", 9), room: "ä", tls: {} }],
    ["chats://h/ä/ö", { ...at("h", 12346), room: "ä/ö", tls: {} }],
    ["chat://h/Tea?code=k7mq", { ...at("h", 12345), room: "Tea", code: "k7mq" }],
    [
      `chats://h/a%20b?code=k%3F7#${FINGERPRINT}`,
      { ...at("h", 12346), room: "a b", code: "k?7", tls: { fingerprint: FINGERPRINT } },
    ],
    [`chats://h#${FINGERPRINT}`, { ...at("h", 12346), tls: { fingerprint: FINGERPRINT } }],
    [
      `chats://h:1/Ops#${FINGERPRINT.toUpperCase()}`,
      { ...at("h", 1), room: "Ops", tls: { fingerprint: FINGERPRINT } },
    ],
  ];
  for (const [written, expected] of cases) assertEquals(parseServerUrl(written), expected, written);
});

Deno.test("parseServerUrl() says what is wrong with an address", PURE, () => {
  const cases: [string, string][] = [
    ["http://example.org", '"http" is not chat or chats'],
    ["irc://example.org", '"irc" is not chat or chats'],
    ["chats://", "write chats://HOST[:PORT]/ROOM"],
    ["chat:///General", "write chat://HOST[:PORT]/ROOM"],
    ["chat://h:0", "write chat://HOST[:PORT]/ROOM"],
    ["chat://h:65536/General", "write chat://HOST[:PORT]/ROOM"],
    ["chat://a b/General", "write chat://HOST[:PORT]/ROOM"],
    ["chat://Alice@h/General", "write chat://HOST[:PORT]/ROOM"],
    ["chat://h/General?x=1", "behind ? comes code=CODE, 1 to 64 characters"],
    ["chat://h/General?code=", "behind ? comes code=CODE, 1 to 64 characters"],
    ["chat://h/General?code=a&code=b", "behind ? comes code=CODE, 1 to 64 characters"],
    ["chat://h/General?code=%", "behind ? comes code=CODE, 1 to 64 characters"],
    [`chat://h/General?code=${"x".repeat(65)}`, "behind ? comes code=CODE, 1 to 64 characters"],
    ["chat://h/?code=abc", "a code needs its ROOM before it"],
    ["chat://h/100%", "in the room, write % as %25"],
    ["chat://h/%ff", "in the room, write % as %25"],
    [`chat://h/#${FINGERPRINT}`, "a fingerprint needs TLS: write chats://"],
    ["chats://h/#", "behind # comes a fingerprint, 64 hexadecimal digits"],
    ["chats://h/#General", "behind # comes a fingerprint, 64 hexadecimal digits"],
  ];
  for (const [written, reason] of cases) {
    const problem = `Cannot use "${written}" as a server: ${reason}`;
    assertEquals(parseServerUrl(written), { problem }, written);
  }
  assert("problem" in parseServerUrl("a b"));
});

Deno.test(
  "resolveSettings() takes the room of an address, unless one was said nearer",
  PURE,
  () => {
    const servers = { work: "chats://work/Ops" };
    const roomOf = (...sources: Parameters<typeof resolveSettings>[0]) => {
      const decided = resolveSettings(sources, { ...NO_CONFIG, servers });
      assert(!("problem" in decided));
      return [decided.address.hostname, decided.room];
    };
    assertEquals(roomOf({ server: "chat://h/A" }), ["h", "A"]);
    assertEquals(roomOf({ server: "chat://h/A", room: "B" }), ["h", "B"]);
    assertEquals(roomOf({ server: "chat://h/A" }, { room: "B" }), ["h", "A"]);
    assertEquals(roomOf({ room: "B" }, { server: "chat://h/A" }), ["h", "B"]);
    assertEquals(roomOf({}, { server: "work" }, { room: "C" }), ["work", "Ops"]);
    assertEquals(roomOf({ server: "h" }, { server: "work", room: "C" }), ["h", "C"]);
    assertEquals(roomOf({ server: "h" }, { server: "work" }), ["h", undefined]);
    const bad = resolveSettings([{ server: "chat://h/a%0Ab" }], NO_CONFIG);
    assertEquals(bad, { problem: "Cannot use the room: it has the forbidden character U+000A" });
  },
);

Deno.test("resolveSettings() takes an address's code for that address's room alone", PURE, () => {
  const codeOf = (...sources: Parameters<typeof resolveSettings>[0]) => {
    const decided = resolveSettings(sources, NO_CONFIG);
    assert(!("problem" in decided));
    return decided.code;
  };
  const server = "chat://h/Tea?code=k7mq";
  assertEquals(codeOf({ server }), "k7mq");
  assertEquals(codeOf({ server, room: "tea" }), "k7mq");
  assertEquals(codeOf({ server, room: "Ops" }), undefined);
  assertEquals(codeOf({ server, room: "Ops", code: "mine" }), "mine");
  assertEquals(codeOf({ code: "mine" }, { server }), "mine");
});

Deno.test("formatInvitation() makes an address that parseServerUrl() reads", PURE, () => {
  const plain = { hostname: "::1", port: 9 };
  const own = { ...plain, proof: { name: "h", authorities: [], fingerprint: FINGERPRINT } };
  const known = { hostname: "h", port: 12346, proof: { name: "h", authorities: [] } };
  const tls = [undefined, { fingerprint: FINGERPRINT }, {}];
  for (const [index, address] of [plain, own, known].entries()) {
    const { hostname, port } = address;
    const url = formatInvitation(address, "a b/?#ä", "k?&7");
    assertEquals(parseServerUrl(url), {
      address: { hostname, port },
      room: "a b/?#ä",
      code: "k?&7",
      ...tls[index] === undefined ? {} : { tls: tls[index] },
    });
  }
});

Deno.test("certificateProblem() says what a word of the TLS library means", PURE, () => {
  const proof = { name: "h", authorities: [] };
  const pinned = { ...proof, fingerprint: FINGERPRINT };
  const cases: [refusal: string, ofAuthorities: string, ofFingerprint: string | undefined][] = [
    ["certificate expired: verification time 1", "has expired", "has expired"],
    ["certificate not valid yet: verification time 1", "is not good yet", "is not good yet"],
    ['certificate not valid for name "h"; …', "is not for h", undefined],
    ["UnknownIssuer", "is of no authority that this machine knows", undefined],
    ["Other(OtherError(CaUsedAsEndEntity))", "is an authority's (CA:TRUE)", undefined],
    ["BadSignature", "is of no authority that this machine knows", undefined],
  ];
  for (const [refusal, ofAuthorities, ofFingerprint] of cases) {
    const problem = (proven: typeof proof) =>
      certificateProblem(refusal, { hostname: "h", port: 1, proof: proven });
    assert(problem(proof)?.includes(`Cannot trust chats://h:1: its certificate ${ofAuthorities}`));
    assertEquals(problem(pinned)?.includes(ofFingerprint ?? ""), ofFingerprint && true);
  }
});

Deno.test("certificateProblem() does not advise --ca where it was given", PURE, () => {
  const problem = (...authorities: string[]) =>
    certificateProblem("UnknownIssuer", {
      hostname: "h",
      port: 1,
      proof: { name: "h", authorities },
    });
  assert(problem()?.includes("of your own, give --ca FILE;"));
  assert(problem("PEM")?.includes("of your own, that one is not in the file of --ca;"));
});
