/** The page of a server as a process: its address, its options, its files. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { Directory } from "../../fixtures/files.ts";
import { serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";
import { dial, exchange, request, statusOf, UPGRADE } from "../../fixtures/web.ts";

Deno.test("the first line on stdout is as ever; --web off leaves lines alone", async () => {
  await using server = await ServerProcess.start("--web", "off");
  assertMatch(await exchange(server.port, request("/")), /^\{"type":"error".*not_json/);
  using alice = await server.join("Alice");
  await alice.settled();
});

Deno.test("--web-name and --web-origin open the server to a proxy and to a page elsewhere", async () => {
  await using server = await ServerProcess.start(
    ...["--web-name", "chat.example.org,[::1]", "--web-name", "chat.lan"],
    ...["--web-origin", "https://other.example"],
  );
  const statusFor = async (fields: Record<string, string>) => {
    using conn = await dial(server.port);
    await conn.write(new TextEncoder().encode(request("/chat", { ...UPGRADE, ...fields })));
    const buffer = new Uint8Array(2000);
    return statusOf(new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0)));
  };
  assertEquals(
    await statusFor({ host: "chat.example.org", origin: "https://chat.example.org" }),
    101,
  );
  assertEquals(await statusFor({ host: "chat.lan:80", origin: "https://other.example" }), 101);
  assertEquals(await statusFor({ host: "chat.lan", origin: "https://evil.example" }), 403);
  assertEquals(await statusFor({ host: "evil.example" }), 421);
});

Deno.test("options for the page that make no sense end the server with 2", async () => {
  const wrong: [args: string[], reason: string][] = [
    [["--web-name", "http://a"], "--web-name must be names or addresses without ports"],
    [["--web-name", "a:80"], "--web-name must be names or addresses without ports"],
    [
      ["--web-origin", "other.example"],
      "--web-origin must be origins, such as https://example.org",
    ],
    [["--web-origin", "https://a/b"], "--web-origin must be origins, such as https://example.org"],
    [["--web", "off", "--web-name", "a"], "--web-name needs --web on"],
  ];
  for (const [args, reason] of wrong) {
    await using server = new TestProcess(serverCommand("--memory", ...args));
    const { code, stderr } = await server.ended();
    assertEquals(code, 2);
    assertStringIncludes(stderr[0] ?? "", reason);
  }
});

Deno.test("where TLS is served, the port for plain TCP takes it too: lines, the page, a WebSocket", async () => {
  using directory = new Directory();
  const data = directory.file("chat.db");
  await using server = await ServerProcess.serve(data, "--tls", "--tls-port", "0");
  const ca = await Deno.readTextFile(`${data}-tls/authority.pem`);
  const options = { hostname: "127.0.0.1", port: server.port, caCerts: [ca] };
  using alice = await new Endpoint(() => Deno.connectTls(options)).join("Alice");
  await alice.settled();
  using client = Deno.createHttpClient({ caCerts: [ca] });
  const answer = await fetch(`https://localhost:${server.port}/nothing`, { client });
  assertEquals(answer.status, 404);
  await answer.body?.cancel();
  using bob = await server.join("Bob");
  await bob.settled();
});
