/** A host with several addresses is reached at any of them. */

import { assertEquals, assertRejects } from "@std/assert";
import { connectAny, connectTcp } from "../../../client/net/tcp.ts";

/** A connection to an address, which says whether it was closed. */
interface Fake {
  address: string;
  isClosed: boolean;
  close(): void;
}

type Manner = "accepts" | "refuses" | "is unreachable" | "is silent" | "accepts late";

/** Connects as each address does. */
function network(manners: Record<string, Manner>) {
  const opened: Fake[] = [];
  const tried: string[] = [];
  const late = Promise.withResolvers<void>();
  const open = (address: string) => {
    const fake = { address, isClosed: false, close: () => void (fake.isClosed = true) };
    opened.push(fake);
    return fake;
  };
  const connect = async (address: string): Promise<Fake> => {
    tried.push(address);
    const manner = manners[address];
    if (manner === "refuses") throw new Deno.errors.ConnectionRefused(address);
    if (manner === "is unreachable") throw new Error(`${address} is unreachable`);
    if (manner === "is silent") await new Promise(() => {});
    if (manner === "accepts late") await late.promise;
    return open(address);
  };
  return { connect, opened, tried, late };
}

Deno.test("the first address that accepts is taken, whatever those before it do", async () => {
  const before: Manner[] = ["refuses", "is unreachable", "is silent"];
  for (const one of before) {
    for (const other of before) {
      const { connect, tried } = network({ a: one, b: other, c: "accepts", d: "accepts" });
      assertEquals((await connectAny(["a", "b", "c", "d"], connect)).address, "c");
      assertEquals(tried, ["a", "b", "c"]);
    }
  }
});

Deno.test("an address that accepts when another one was taken is closed", async () => {
  const { connect, opened, late } = network({ a: "accepts late", b: "accepts" });
  assertEquals((await connectAny(["a", "b"], connect)).address, "b");
  late.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(opened.map(({ address, isClosed }) => [address, isClosed]), [
    ["b", false],
    ["a", true],
  ]);
});

Deno.test("where no address accepts, a refusal says most", async () => {
  const { connect } = network({ a: "is unreachable", b: "refuses" });
  await assertRejects(() => connectAny(["a", "b"], connect), Deno.errors.ConnectionRefused);
  const { connect: none } = network({ a: "is unreachable", b: "is unreachable" });
  await assertRejects(() => connectAny(["a", "b"], none), Error, "a is unreachable");
});

Deno.test("a name of the hosts file is found, and an address needs no name", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (const host of ["localhost", "127.0.0.1"]) {
    using conn = await connectTcp(host, listener.addr.port);
    assertEquals(conn.remoteAddr.port, listener.addr.port);
    (await listener.accept()).close();
  }
  await assertRejects(() => connectTcp("nobody.invalid", 1), Error, "lookup address");
});
