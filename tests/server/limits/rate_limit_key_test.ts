import { assertEquals } from "@std/assert";
import { isLoopback } from "../../../cli/host_port.ts";
import { peerKey } from "../../../server/limits/rate_limit_key.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("peerKey() counts IPv6 by /64, and IPv4 written as IPv6 as IPv4", PURE, () => {
  const cases: [hostname: string, key: string][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["2001:0DB8:0:0:1::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["1::2:3:4:5:6:7", "1:0:2:3::/64"],
  ];
  for (const [hostname, key] of cases) assertEquals(peerKey(hostname), key, hostname);
});

Deno.test("isLoopback() knows this machine, however it is written", PURE, () => {
  for (const hostname of ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(isLoopback(hostname), true, hostname);
  }
  const others = [
    "128.0.0.1",
    "192.0.2.127",
    "::",
    "::2",
    "1127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
  ];
  for (const hostname of others) assertEquals(isLoopback(hostname), false, hostname);
});
