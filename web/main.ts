/// <reference lib="dom" />
/** The page from its first moment: who chats, in which tab, and what follows the end of a session. */

import type { Item } from "../core/chat/items.ts";
import { Outbox } from "../core/session/outbox.ts";
import { Session } from "../core/session/session.ts";
import { fold } from "../protocol/mod.ts";
import { App } from "./app.ts";
import { dial, isSecure } from "./dial.ts";
import { askAgain, Door } from "./dialogs.ts";
import { byId } from "./dom.ts";
import { Database } from "./kept/database.ts";
import { Keeper } from "./kept/keeper.ts";
import { type Hold, holdAccount, takeOver } from "./kept/tabs.ts";
import { codeInHash, roomInHash } from "./model/places.ts";
import { type Word, words } from "./model/words.ts";

/** The room of those who name none. */
const DEFAULT_ROOM = "General";

/** Past messages with which a room begins. */
const CONTEXT = 50;

/** Who chats: the account has the name under which it first came, whatever its name is now. */
interface Entry {
  readonly account: string;
  readonly name: string;
  readonly room: string | undefined;
}

const door = new Door();

/** Puts the page's words in their places. */
function translate(): void {
  const places: Record<string, (target: HTMLElement, text: string) => void> = {
    word: (target, text) => target.textContent = text,
    label: (target, text) => target.setAttribute("aria-label", text),
    placeholder: (target, text) => target.setAttribute("placeholder", text),
  };
  for (const [name, put] of Object.entries(places)) {
    for (const target of document.querySelectorAll<HTMLElement>(`[data-${name}]`)) {
      put(target, words(target.dataset[name] as Word));
    }
  }
  for (const id of ["plain", "door-plain"]) byId(id).hidden = isSecure;
}

/** What a browser keeps; no database, but a reason, where that is nothing, as in some private windows. */
interface Kept {
  readonly database?: Database;
  readonly problem?: string;
}

async function openKept(): Promise<Kept> {
  try {
    return { database: await Database.open() };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

async function main(): Promise<void> {
  translate();
  const kept = await openKept();
  let entry = await kept.database?.get<Entry>("last");
  if (entry !== undefined) entry = { ...entry, room: roomInHash(location.hash) };
  for (;;) {
    entry ??= await askEntry();
    entry = await enter(entry, kept);
  }
}

async function askEntry(name?: string): Promise<Entry> {
  byId("chat").hidden = true;
  const room = roomInHash(location.hash) ?? DEFAULT_ROOM;
  return entryOf(await door.ask({ room, ...name === undefined ? {} : { name } }));
}

function entryOf({ name, room }: { name: string; room: string }): Entry {
  return { account: fold(name), name, room };
}

/** Chats as somebody until that ends; resolves with who is next, if that is known. */
async function enter(entry: Entry, kept: Kept): Promise<Entry | undefined> {
  let stop = () => Promise.resolve();
  let isElsewhere = false;
  const asked = () => {
    isElsewhere = true;
    return stop();
  };
  let hold = await holdAccount(entry.account, asked);
  if (hold === undefined) {
    const answer = await askAgain(words("otherTab", entry.name), words("goOnHere"));
    if (answer === "other") return undefined;
    hold = await takeOver(entry.account, asked);
  }
  const chat = await Chat.open(entry, kept);
  stop = () => chat.session.stop();
  try {
    const outcome = await chat.run();
    if ("next" in outcome) return outcome.next;
    if (outcome.reason === undefined && !isElsewhere) return await left(entry, kept);
    const reason = isElsewhere ? words("elsewhere") : outcome.reason ?? words("ended");
    release(hold);
    const again = isElsewhere ? words("goOnHere") : words("again");
    return await askAgain(reason, again) === "again"
      ? { ...entry, name: chat.session.state.name }
      : undefined;
  } finally {
    release(hold);
  }
}

function release(hold: Hold): void {
  hold.release();
}

/** The person has left: the next visit asks for a name again. */
async function left(entry: Entry, { database }: Kept): Promise<Entry> {
  await database?.set(undefined, "last");
  return await askEntry(entry.name);
}

/** What a chat came to: its end, or another choice at the door before it had begun. */
type Outcome = { reason: string | undefined } | { next: Entry };

/** One session and its view. */
class Chat {
  readonly session: Session;
  readonly #app: App;
  readonly #entry: Entry;
  readonly #database: Database | undefined;

  private constructor(
    entry: Entry,
    database: Database | undefined,
    parts: { keeper: Keeper; outbox: Outbox },
  ) {
    this.#entry = entry;
    this.#database = database;
    const { keeper, outbox } = parts;
    this.#app = new App({
      keeper,
      begun: () => void this.#begun(),
      tell: (problem) => door.tell(problem),
    });
    const room = entry.room ?? keeper.values.room ?? DEFAULT_ROOM;
    const isLinked = fold(roomInHash(location.hash) ?? "") === fold(room);
    this.session = new Session({
      server: location.host,
      dial,
      name: entry.name,
      room,
      code: isLinked ? codeInHash(location.hash) : undefined,
      inviteLink: (there, code) => {
        const hash = `#${encodeURIComponent(there)}?code=${encodeURIComponent(code)}`;
        return `${location.origin}${location.pathname}${hash}`;
      },
      outbox,
      view: this.#app,
      retryFor: Infinity,
      context: CONTEXT,
      person: true,
    });
  }

  static async open(entry: Entry, { database, problem }: Kept): Promise<Chat> {
    const unkept = (reason: string): Item => ({ kind: "problem", text: words("noStore", reason) });
    let show: (item: Item) => void = () => {};
    const failed = (reason: string) => show(unkept(reason));
    const keeper = await Keeper.open(entry.account, database, failed);
    const outbox = database === undefined
      ? Outbox.inMemory()
      : await Outbox.open(database.journal(entry.account));
    const chat = new Chat(entry, database, { keeper, outbox });
    show = (item) => chat.#app.show(item);
    if (problem !== undefined) failed(problem);
    return chat;
  }

  /** Runs it; while the door is open another choice there ends it. */
  async run(): Promise<Outcome> {
    const isAtDoor = !byId("door").hidden;
    if (!isAtDoor) byId("chat").hidden = false;
    const ended = this.#app.run(this.session).then((reason): Outcome => ({ reason }));
    if (!isAtDoor) return await ended;
    const next = door.next().then((chosen): Outcome => ({ next: entryOf(chosen) }));
    const outcome = await Promise.race([ended, next]);
    if ("next" in outcome) await this.session.stop();
    return outcome;
  }

  async #begun(): Promise<void> {
    door.close();
    byId("chat").hidden = false;
    const { name } = this.session.state;
    await this.#database?.set({ ...this.#entry, name }, "last");
  }
}

await main();
