import { assertEquals } from "@std/assert";
import { isHostAllowed, isOriginAllowed } from "../../../server/web/hosts.ts";
import { PURE } from "../../fixtures/pure.ts";

const ALLOWED = { names: ["chat.example.org", "::1"], origins: ["https://other.example:8443"] };
const PLAIN = { isEncrypted: false, localHostname: "192.0.2.7" };

Deno.test(
  "a host is localhost, the address that was dialed, or a given name, at any port",
  PURE,
  () => {
    const hosts: [host: string, isAllowed: boolean][] = [
      ["localhost", true],
      ["LocalHost:12345", true],
      ["localhost.", true],
      ["192.0.2.7:12345", true],
      ["[::ffff:192.0.2.7]", true],
      ["[::1]:80", true],
      ["Chat.Example.ORG:443", true],
      ["192.0.2.8", false],
      ["evil.example", false],
      ["localhost.evil.example", false],
      ["evil.example:localhost", false],
      ["chat.example.org.evil.example", false],
      ["chat.example.org:", false],
      ["a@localhost", false],
      ["localhost, evil.example", false],
      ["localhost/", false],
      ["", false],
    ];
    for (const [host, isAllowed] of hosts) {
      assertEquals(isHostAllowed(host, ALLOWED, PLAIN), isAllowed, host);
    }
  },
);

Deno.test("an origin is none, the host's own, or a given one", PURE, () => {
  const host = "chat.example.org:12345";
  const origins: [origin: string | undefined, overPlain: boolean, overTls: boolean][] = [
    [undefined, true, true],
    ["http://chat.example.org:12345", true, false],
    ["https://chat.example.org:12345", true, true],
    ["HTTPS://Chat.example.org:12345", true, true],
    ["https://other.example:8443", true, true],
    ["https://chat.example.org", false, false],
    ["https://other.example", false, false],
    ["https://chat.example.org:12345.evil.example", false, false],
    ["ftp://chat.example.org:12345", false, false],
    ["null", false, false],
    ["", false, false],
  ];
  for (const [origin, overPlain, overTls] of origins) {
    const isAllowed = (isEncrypted: boolean) =>
      isOriginAllowed(origin, host, ALLOWED, { ...PLAIN, isEncrypted });
    assertEquals([isAllowed(false), isAllowed(true)], [overPlain, overTls], origin);
  }
});
