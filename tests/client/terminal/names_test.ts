/** Registered names in scripts and pipes. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import type { Ended, ServerProcess } from "../../fixtures/process.ts";
import { filesWith } from "../../fixtures/files.ts";
import { canMount, SmallDisk } from "../../fixtures/small_disk.ts";

const PASSWORD = "correct horse battery";

/** Registers Alice, and disconnects. */
async function registerAlice(server: ServerProcess): Promise<void> {
  using alice = await server.join("Alice");
  await alice.send("register", { password: PASSWORD });
  assertEquals((await alice.receive("notification")).payload.event, "registered");
  await alice.send("quit");
  await alice.rest();
}

/** A file with Alice's password. */
function passwordFile(home: Home, mode = 0o600, text = `${PASSWORD}\n`): string {
  const path = `${home.path}/password-${mode}`;
  Deno.writeTextFileSync(path, text, { mode });
  // The umask applies to the mode given at creation.
  Deno.chmodSync(path, mode);
  return path;
}

async function runWith(
  home: Home,
  args: string[],
  env: Record<string, string>,
): Promise<Ended> {
  await using client = new ClientProcess(home, args, env);
  return await client.finish();
}

Deno.test("a script comes in by --password-file or CHAT_PASSWORD, and by nothing else", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await registerAlice(server);
  const args = [server.address, "--name", "Alice"];
  const without = await runClient(home, args);
  assertEquals([without.code, without.stdout, without.stderr.length], [1, [], 1]);
  assertStringIncludes(without.stderr[0] ?? "", "give --password-file FILE, or set CHAT_PASSWORD");
  const file = passwordFile(home);
  const byFile = await runClient(home, [...args, "--password-file", file], ["by file"]);
  assertEquals(byFile, { code: 0, stdout: ["[General] Alice: by file"], stderr: [] });
  const send = ["send", "--server", server.address, "--name", "Alice", "by variable"];
  assertEquals((await runWith(home, send, { CHAT_PASSWORD: PASSWORD })).code, 0);
  const wrong = await runWith(home, [...args], { CHAT_PASSWORD: "wrong password" });
  assertEquals([wrong.code, wrong.stderr.length], [1, 1]);
  assertStringIncludes(wrong.stderr[0] ?? "", "it is from CHAT_PASSWORD");
  const flag = await runClient(home, [...args, "--password", PASSWORD]);
  assertEquals([flag.code, flag.stderr], [
    2,
    ['chat-client: Unknown option "--password"; try --help'],
  ]);
});

Deno.test("a mistyped name with a password given does not come in as an unregistered one", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alcie", "--password-file", passwordFile(home)];
  const { code, stdout, stderr } = await runClient(home, args, ["not said"]);
  assertEquals([code, stdout, stderr.length], [1, [], 1]);
});

Deno.test("a password file that others can read is refused, and so is an empty one", async () => {
  await using home = new Home();
  const args = ["127.0.0.1:1", "--name", "Alice", "--password-file"];
  const open = passwordFile(home, 0o640);
  const cases: [file: string, why: string][] = [
    [open, `others may read it; chmod 600 ${open}`],
    [passwordFile(home, 0o600, "\n"), "its first line is empty"],
    [`${home.path}/none`, "No such file"],
  ];
  for (const [file, why] of cases) {
    const { code, stderr } = await runClient(home, [...args, file]);
    assertEquals([code, stderr.length], [2, 1], why);
    assertStringIncludes(stderr[0] ?? "", `Cannot use the password file ${file}: ${why}`);
  }
});

Deno.test({
  name: "a password file on a read-only mount is taken with the mode that it has there",
  ignore: !canMount,
  async fn() {
    await using home = new Home();
    await using server = await home.serve();
    await registerAlice(server);
    await using disk = await SmallDisk.mount(65_536);
    if (disk === undefined) throw new Error("canMount said that disks can be mounted");
    for (const mode of [0o400, 0o440, 0o444]) {
      Deno.writeTextFileSync(`${disk.path}/${mode}`, `${PASSWORD}\n`);
      Deno.chmodSync(`${disk.path}/${mode}`, mode);
    }
    await disk.remount("ro");
    for (const [mode, notices] of [[0o400, 0], [0o440, 0], [0o444, 1]] as const) {
      const file = `${disk.path}/${mode}`;
      const args = [server.address, "--name", "Alice", "--password-file", file];
      const { code, stderr } = await runClient(home, args, ["hello"]);
      assertEquals([code, stderr.length], [0, notices], `${mode}`);
      if (notices > 0) assertStringIncludes(stderr[0] ?? "", `read the password file ${file}`);
    }
  },
});

Deno.test("two devices of one name see each other's messages as their own, once", async () => {
  await using home = new Home();
  await using other = new Home();
  await using server = await home.serve();
  await registerAlice(server);
  const args = [server.address, "--name", "Alice", "--password-file", passwordFile(home)];
  await using one = new ClientProcess(home, args);
  await one.type("from one");
  await one.stdout.until("from one");
  await using two = new ClientProcess(other, args);
  await two.type("from two, with a word to alice");
  await two.stdout.until("from two");
  await one.stdout.until("[General] Alice: from two, with a word to alice");
  using bob = await server.join("Bob");
  await bob.send("direct", { to: "Alice", text: "to both" });
  for (const device of [one, two]) await device.stdout.until("[Bob > Alice] to both");
  await one.type("last");
  await two.stdout.until("[General] Alice: last");
  for (const device of [one, two]) {
    const { code, stdout, stderr } = await device.finish();
    assertEquals([code, stderr], [0, []]);
    assertEquals(stdout.filter((line) => line.includes("last")).length, device === one ? 1 : 0);
  }
});

Deno.test("a script whose session is ended elsewhere ends, and does not come back", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await registerAlice(server);
  const file = passwordFile(home);
  const args = [server.address, "--name", "Alice", "--password-file", file, "--retry", "60"];
  await using script = new ClientProcess(home, args);
  await script.type("here");
  await script.stdout.until("here");
  using alice = await server.join("Alice", "General", { password: PASSWORD });
  await alice.send("sessions");
  const { payload: { sessions } } = await alice.receive("sessions");
  const theirs = sessions.find(({ current }: { current: boolean }) => !current);
  await alice.send("end_session", { session: theirs.session });
  const { code, stderr } = await script.ended();
  assertEquals([code, stderr.length], [1, 1], stderr.join("\n"));
});

Deno.test("--json registers a name, and a password shown in it is found nowhere", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alice", "--json"];
  const request = { type: "register", id: "r", payload: { password: PASSWORD } };
  const { code, stdout, stderr } = await runClient(home, args, [
    JSON.stringify(request),
    JSON.stringify({ type: "sessions", id: "s" }),
  ]);
  assertEquals([code, stderr], [0, []]);
  const events = stdout.map((line) => JSON.parse(line));
  const told = events.find(({ id }) => id === "r");
  assertEquals(told.payload.event, "registered");
  assertEquals(events.find(({ id }) => id === "s").payload.sessions.length, 1);
  assert(!stdout.join("\n").includes(PASSWORD));
  assertEquals(await filesWith(home.path, PASSWORD), []);
  const ended = await runClient(home, args);
  assertEquals(ended.code, 1);
  const { type, payload } = JSON.parse(ended.stdout.at(-1) ?? "");
  assertEquals([type, payload.state], ["connection", "ended"]);
});

/** An address of this machine that is not loopback; a password must not pass over it in the clear. */
function openAddress(): string | undefined {
  return Deno.networkInterfaces()
    .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;
}

Deno.test({
  name: "over a link that others can read, no password leaves the client",
  ignore: openAddress() === undefined,
  async fn() {
    await using home = new Home();
    using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const address = `${openAddress()}:${listener.addr.port}`;
    const heard = (async () => {
      using conn = await listener.accept();
      return await new Response(conn.readable).text();
    })();
    const args = [address, "--name", "Alice", "--password-file", passwordFile(home)];
    const { code, stderr } = await runClient(home, args);
    assertEquals([code, stderr.length, await heard], [1, 1, ""]);
    assertStringIncludes(stderr[0] ?? "", "The password was not sent: others can read the link");
    assertStringIncludes(stderr[0] ?? "", "--tls");
  },
});

Deno.test({
  name: "over a link that others can read, no request with a password leaves --json either",
  ignore: openAddress() === undefined,
  async fn() {
    await using home = new Home();
    await using server = await home.serve(0, "--host", "0.0.0.0");
    const address = `${openAddress()}:${server.port}`;
    const request = { type: "register", id: "r", payload: { password: PASSWORD } };
    const args = [address, "--name", "Alice", "--json"];
    const { stdout } = await runClient(home, args, [JSON.stringify(request)]);
    const told = stdout.map((line) => JSON.parse(line)).find(({ id }) => id === "r");
    assertEquals(told.payload.code, "insecure_link");
    assertStringIncludes(told.payload.message, "It was not sent");
  },
});
