import { assertEquals, assertThrows } from "@std/assert";
import type { Platform } from "../../../cli/directories.ts";
import { DataFile, defaultDataFile, FileInUse } from "../../../server/log/sqlite/file/data_file.ts";
import { SqliteLog } from "../../../server/log/sqlite/sqlite_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { gist, KEEP_ALL, says } from "../../fixtures/log.ts";
import { PURE } from "../../fixtures/pure.ts";

const isUnix = Deno.build.os !== "windows";

/** The permissions of others on a file. */
function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);
}

Deno.test({
  name: "a log's file and its directories are its owner's alone, and so is all that is beside it",
  ignore: !isUnix,
  async fn() {
    using directory = new Directory();
    using file = new DataFile(directory.file("deep/down/chat.db"));
    const { log } = await SqliteLog.open({ path: file.path, sync: "full", retention: KEEP_ALL });
    await using _log = log;
    await log.append([says("one")]);
    for (const path of ["deep", "deep/down"]) assertEquals(modeOf(directory.file(path)), "700");
    const names = [...Deno.readDirSync(directory.file("deep/down"))].map(({ name }) => name);
    assertEquals(names.toSorted(), ["chat.db", "chat.db-lock", "chat.db-shm", "chat.db-wal"]);
    for (const name of names) {
      assertEquals(modeOf(directory.file(`deep/down/${name}`)), "600", name);
    }
  },
});

Deno.test("a log's file is one server's at a time", () => {
  using directory = new Directory();
  const first = new DataFile(directory.file());
  for (let attempt = 0; attempt < 3; attempt++) {
    assertThrows(() => new DataFile(directory.file()), FileInUse, "another chat-server uses it");
  }
  using _other = new DataFile(directory.file("other.db"));
  first[Symbol.dispose]();
  using _second = new DataFile(directory.file());
});

Deno.test("a log's file is one server's at a time, by whatever path", { ignore: !isUnix }, () => {
  using directory = new Directory();
  Deno.mkdirSync(directory.file("real"));
  using _first = new DataFile(directory.file("real/chat.db"));
  Deno.symlinkSync("real/chat.db", directory.file("link.db"));
  Deno.symlinkSync("real", directory.file("also"));
  for (const path of ["link.db", "also/chat.db", "real/../real/chat.db"]) {
    assertThrows(() => new DataFile(directory.file(path)), FileInUse, "another chat-server");
  }
});

Deno.test("a log's file that is there is taken as it is", async () => {
  using directory = new Directory();
  for (const seq of [1, 2, 3]) {
    using file = new DataFile(directory.file());
    const { log } = await SqliteLog.open({ path: file.path, sync: "full", retention: KEEP_ALL });
    await using _log = log;
    assertEquals((await log.append([says("one")])).map(gist), [seq]);
  }
});

Deno.test("a log's file can't be a directory, or below a file", () => {
  using directory = new Directory();
  Deno.writeTextFileSync(directory.file("file"), "Dear diary");
  assertThrows(() => new DataFile(directory.path), Error);
  assertThrows(() => new DataFile(directory.file("file/chat.db")), Error);
  assertEquals(Deno.readTextFileSync(directory.file("file")), "Dear diary");
});

Deno.test("defaultDataFile() is where the platform keeps state", PURE, () => {
  const home = "/home/alice";
  const local = "C:\\Users\\Alice\\AppData\\Local";
  const cases: [Platform["os"], Record<string, string>, string | undefined][] = [
    ["linux", { HOME: home }, `${home}/.local/state/chat-server/chat.db`],
    ["linux", { HOME: home, XDG_STATE_HOME: "/state" }, "/state/chat-server/chat.db"],
    ["linux", { XDG_STATE_HOME: "/state" }, "/state/chat-server/chat.db"],
    ["linux", { HOME: home, XDG_STATE_HOME: "" }, `${home}/.local/state/chat-server/chat.db`],
    ["linux", { HOME: home, XDG_STATE_HOME: "state" }, `${home}/.local/state/chat-server/chat.db`],
    ["linux", {}, undefined],
    ["darwin", { HOME: home }, `${home}/Library/Application Support/chat-server/chat.db`],
    ["darwin", {}, undefined],
    ["windows", { LOCALAPPDATA: local, HOME: home }, `${local}\\chat-server\\chat.db`],
    ["windows", { HOME: home }, undefined],
  ];
  for (const [os, variables, expected] of cases) {
    assertEquals(defaultDataFile({ os, env: (name) => variables[name] }), expected);
  }
});
