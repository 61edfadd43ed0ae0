/**
 * The tables of the log's file, and how an older file becomes a newer one.
 */

import type { DatabaseSync } from "node:sqlite";
import { LogFailure } from "../../message_log.ts";

/** Marks a file as a chat log ("chat" in ASCII); SQLite's `file` tools show it too. */
export const APPLICATION_ID = 0x63686174;

/**
 * A message's id is its room's number and its `seq` in one integer, so that one
 * B-tree holds every room in order. 2^21 rooms of 2^32 messages stay exact in JavaScript.
 */
export const SEQ_SPAN = 2 ** 32;

/**
 * Each step makes the schema's version one higher. A step that was ever released
 * is never changed: files made by it are out there.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE room (
    id INTEGER PRIMARY KEY,
    fold TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    topic TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    -- The seq up to which message_index holds it.
    indexed INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    fold TEXT NOT NULL,
    rooms TEXT NOT NULL,
    ref INTEGER NOT NULL DEFAULT 0,
    inbox_seq INTEGER NOT NULL DEFAULT 0,
    inbox_seen INTEGER NOT NULL DEFAULT 0,
    -- Epoch milliseconds; NULL while it has a connection.
    away_since INTEGER
  ) STRICT;
  CREATE INDEX session_fold ON session (fold);
  CREATE INDEX session_away_since ON session (away_since);

  CREATE TABLE message (
    -- room.id * 2^32 + seq
    id INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    session INTEGER,
    ref INTEGER
  ) STRICT;
  -- Exactly once, whatever the code does.
  CREATE UNIQUE INDEX message_ref ON message (session, ref) WHERE ref IS NOT NULL;

  CREATE TABLE direct (
    id INTEGER PRIMARY KEY,
    inbox INTEGER,
    seq INTEGER NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    session INTEGER,
    ref INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX direct_inbox ON direct (inbox, seq) WHERE inbox IS NOT NULL;
  CREATE UNIQUE INDEX direct_ref ON direct (session, ref) WHERE ref IS NOT NULL;

  CREATE TABLE read_mark (
    fold TEXT NOT NULL,
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (fold, room)
  ) STRICT, WITHOUT ROWID;

  -- Filled a little behind the table: see search_index.ts.
  CREATE VIRTUAL TABLE message_index USING fts5 (
    text, sender, content='', contentless_delete=1,
    tokenize='unicode61 remove_diacritics 2'
  );
  `,
  `
  CREATE TABLE claim (
    -- Never used again: a session's proof of an old claim is worth nothing for a new one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fold TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    edition INTEGER NOT NULL DEFAULT 1,
    salt TEXT NOT NULL,
    hash TEXT NOT NULL,
    n INTEGER NOT NULL,
    r INTEGER NOT NULL,
    p INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT;

  -- The claim whose password the session has shown, and which of its passwords.
  ALTER TABLE session ADD COLUMN claim INTEGER;
  ALTER TABLE session ADD COLUMN edition INTEGER;
  CREATE INDEX session_claim ON session (claim) WHERE claim IS NOT NULL;
  `,
  `
  -- The highest ref of the session's messages that were dropped. What was dropped before
  -- this column was there is not known: it may be anything up to the highest that was used.
  ALTER TABLE session ADD COLUMN dropped_ref INTEGER NOT NULL DEFAULT 0;
  UPDATE session SET dropped_ref = ref;
  `,
  `
  -- The log's own time: see log_clock.ts. A session's away_since is in it, too.
  CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    time INTEGER NOT NULL,
    "offset" INTEGER NOT NULL
  ) STRICT;
  -- The log's time of a message; NULL where that is its date.
  ALTER TABLE message ADD COLUMN time INTEGER;
  ALTER TABLE direct ADD COLUMN time INTEGER;
  `,
  `
  -- Of tokens, with spaces between: see tokens.ts. Every message is indexed anew.
  DROP TABLE message_index;
  CREATE VIRTUAL TABLE message_index USING fts5 (
    text, sender, content='', contentless_delete=1, tokenize='ascii'
  );
  UPDATE room SET indexed = 0;
  `,
  `
  -- A message that is more than something said: its kind, and the seq of the one it is about.
  ALTER TABLE message ADD COLUMN kind TEXT;
  ALTER TABLE message ADD COLUMN "of" INTEGER;
  -- JSON, with the kind "act".
  ALTER TABLE message ADD COLUMN act TEXT;
  -- The room that a direct message invites to.
  ALTER TABLE direct ADD COLUMN room TEXT;

  ALTER TABLE claim ADD COLUMN operator INTEGER NOT NULL DEFAULT 0;

  ALTER TABLE room ADD COLUMN access TEXT NOT NULL DEFAULT 'open';
  ALTER TABLE room ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE room ADD COLUMN topic_by TEXT NOT NULL DEFAULT 'all';

  CREATE TABLE room_role (
    room INTEGER NOT NULL,
    claim INTEGER NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (room, claim)
  ) STRICT, WITHOUT ROWID;

  -- Sessions without a claim that may come back.
  CREATE TABLE room_guest (
    room INTEGER NOT NULL,
    token_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (room, token_hash)
  ) STRICT, WITHOUT ROWID;

  -- Room 0 is the server. Epoch milliseconds; "until" is NULL for ever.
  CREATE TABLE room_ban (
    room INTEGER NOT NULL,
    kind TEXT NOT NULL,
    fold TEXT NOT NULL,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    "by" TEXT NOT NULL,
    reason TEXT,
    at INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (room, kind, fold)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE room_code (
    room INTEGER NOT NULL,
    code TEXT NOT NULL,
    uses INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (room, code)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The schema's version that this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** A file that is not for this program: newer, or someone else's. */
export class UnusableFile extends LogFailure {
  override name = "UnusableFile";
}

/** Refuses a file that is not for this program, with an {@linkcode UnusableFile}. Reads only. */
export function checkSchema(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  const owner = pragma(database, "application_id");
  const isEmpty = version === 0 && owner === 0 && tableCount(database) === 0;
  if (!isEmpty && owner !== APPLICATION_ID) {
    throw new UnusableFile("it is a database, but not a chat log");
  }
  if (version > SCHEMA_VERSION) {
    throw new UnusableFile(
      `it was written by a newer chat-server (schema ${version}, this one knows ${SCHEMA_VERSION})`,
    );
  }
}

/** Whether a file has this program's schema. */
export function isUpToDate(database: DatabaseSync): boolean {
  return pragma(database, "user_version") === SCHEMA_VERSION;
}

/** Brings an open file to this program's schema, once {@linkcode checkSchema} has let it pass. */
export function migrate(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  for (let next = version; next < SCHEMA_VERSION; next++) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[next]};
      PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${next + 1}; COMMIT;`);
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return database.prepare(`PRAGMA ${name}`).get()?.[name] as number;
}

function tableCount(database: DatabaseSync): number {
  return database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()
    ?.["tables"] as number;
}
