/**
 * `deno task picture`: draws docs/client.svg, the README's picture: the screen of one
 * of two clients that talk in tmux; and docs/rooms.svg, that of a room's owner.
 *
 * @module
 */

import { Home } from "../tests/fixtures/client.ts";
import type { ServerProcess } from "../tests/fixtures/process.ts";
import { Tmux } from "../tests/fixtures/tmux.ts";
import { pictureOf } from "./picture_svg.ts";

const COLUMNS = 76;
const ROWS = 19;
const CLIENT = new URL("../docs/client.svg", import.meta.url);
const ROOMS = new URL("../docs/rooms.svg", import.meta.url);
const PASSWORD = "correct horse battery";

/** A client in a terminal of its own. */
class Person implements AsyncDisposable {
  readonly #home = new Home();
  #tmux: Tmux | undefined;

  constructor(readonly name: string) {}

  get tmux(): Tmux {
    if (this.#tmux === undefined) throw new Error(`${this.name} has no terminal yet`);
    return this.#tmux;
  }

  async join(server: ServerProcess): Promise<void> {
    await this.enter(server.address, "General");
  }

  /** Starts the client at an address that leads into `room`. */
  async enter(address: string, room: string): Promise<void> {
    this.#tmux ??= await Tmux.open(this.#home, COLUMNS, ROWS);
    await this.#tmux.startClient(address, "--name", this.name);
    await this.#tmux.untilIn(room);
  }

  /** Registers the name. */
  async register(): Promise<void> {
    await this.tmux.type("/register\r");
    for (const question of [`New password for ${this.name}`, "The same again"]) {
      await this.tmux.untilSeen(`${question}:`);
      await this.tmux.type(PASSWORD);
      await this.tmux.untilSeen(`${question}: ${"*".repeat(PASSWORD.length)}`);
      await this.tmux.press("Enter");
    }
    await this.tmux.untilSeen("is registered; from now on");
  }

  /** Types a line, and waits until its effect is on the screen. */
  async say(line: string, seen = line): Promise<void> {
    await this.tmux.type(`${line}\r`);
    await this.tmux.untilSeen(seen);
  }

  async leave(): Promise<void> {
    await this.tmux.press("C-d");
    await this.tmux.untilSeen("ended 0");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux?.[Symbol.asyncDispose]();
    this.#home[Symbol.dispose]();
  }
}

async function act(alice: Person, bob: Person, server: ServerProcess): Promise<void> {
  await alice.join(server);
  await alice.say("/topic Release 1.0 on Friday", "set the topic");
  await alice.say("I am off for lunch, back at one");
  await alice.leave();
  await bob.join(server);
  await bob.say("The build is green: https://ci.example.org/builds/4711");
  await bob.say("Alice, can you look at it when you are back? 🙏");
  await alice.join(server);
  await alice.say("Looks good, Bob. Shipping it 🚀", "Shipping it");
  await bob.tmux.untilSeen("Shipping it");
  await bob.say("/me hands out 抹茶 and cake", "hands out");
  await alice.say("/join Ops", "[Ops] -- Alice has joined");
  await alice.say("/room General", "── General");
  await bob.say("/join Ops", "[Ops] -- Bob has joined");
  await bob.say("The disk of db-2 is 91 % full");
  await bob.say("Alice: shall I grow it?");
  await bob.say("/msg Alice the cake has nuts, careful", "the cake has nuts");
  await alice.tmux.untilSeen("the cake has nuts");
  await alice.tmux.type("nothing that arrives touches what I am typ");
  await alice.tmux.untilLast("General (Ops 2!)> nothing that arrives touches what I am typ");
}

/** Alice's private room: a link, a moderator, a ban, and what stands in the record. */
async function moderate(alice: Person, bob: Person, server: ServerProcess): Promise<void> {
  await using mallory = new Person("Mallory");
  await bob.join(server);
  await bob.register();
  await alice.join(server);
  await alice.register();
  await alice.say("/join Tea", "[Tea] -- Alice has joined");
  await alice.say("/access invite", "for invited people");
  await alice.say("/invite --uses 2", "?code=");
  const link = /chat:\S+/.exec(await alice.tmux.screen())?.[0] ?? "";
  await mallory.enter(link, "Tea");
  await alice.say("/invite Bob", "has invited Bob");
  await bob.tmux.untilSeen("To enter it: /join Tea");
  await bob.say("/join Tea", "[Tea] -- Bob has joined");
  await bob.say("Thanks! Who brings the cake?");
  await mallory.say("BUY CHEAP TEA https://tea.example/");
  await alice.tmux.untilSeen("BUY CHEAP");
  await alice.say("/ban Mallory 3d spam", "/unban Mallory lifts the ban");
  await alice.say("/role Bob moderator", "a moderator");
  await bob.say("The cake is safe with me");
  await alice.tmux.untilSeen("safe with me");
  await alice.say("/about", "you are an owner");
  await alice.tmux.type("/mute ");
  await alice.tmux.untilLast("Tea> /mute");
}

async function draw(act: typeof moderate, path: URL): Promise<void> {
  await using home = new Home();
  await using server = await home.serve();
  await using alice = new Person("Alice");
  await using bob = new Person("Bob");
  await act(alice, bob, server);
  const screen = {
    text: await alice.tmux.colors(),
    columns: COLUMNS,
    cursor: await alice.tmux.cursor(),
  };
  await Deno.writeTextFile(path, pictureOf(screen));
}

async function main(): Promise<void> {
  await draw(act, CLIENT);
  await draw(moderate, ROOMS);
}

if (import.meta.main) await main();
