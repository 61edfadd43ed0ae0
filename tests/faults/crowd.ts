/** The clients of a run: members that talk, one that only listens, and two in the lecture profile. */

import { Account } from "./account.ts";
import { LectureMember } from "./lecture_member.ts";
import { chatter, ROOMS } from "./load.ts";
import { Member } from "./member.ts";
import { Notebook, type Witness } from "./notes.ts";
import type { Random } from "./random.ts";
import { Broken, type Watch } from "./waiting.ts";

/** The names that talk in version 2. */
const TALKERS = ["Ada", "Bob", "Cyd"];

/** Clients that act together. */
export class Crowd {
  readonly talkers: Member[];
  readonly listener: Member;
  readonly lectureTalker: LectureMember;
  readonly lectureListener: LectureMember;
  readonly #watch: Watch;

  constructor(watch: Watch) {
    this.#watch = watch;
    this.talkers = TALKERS.map((name) => memberOf(new Account(name), watch));
    this.listener = memberOf(new Account("Ear"), watch);
    this.lectureTalker = new LectureMember(new Notebook("Old Ada"), ROOMS[0], watch);
    this.lectureListener = new LectureMember(new Notebook("Old Ear"), ROOMS[0], watch);
  }

  /** All of them. */
  get all(): (Member | LectureMember)[] {
    return [...this.talkers, this.listener, this.lectureTalker, this.lectureListener];
  }

  /** Their notes. */
  get witnesses(): Witness[] {
    return this.all.map(({ notebook }) => notebook);
  }

  /** The clients that have an inbox. */
  get accounts(): Account[] {
    return this.talkers.map(({ account }) => account);
  }

  /** The number of their acknowledged messages. */
  get acknowledged(): number {
    const counts = [...this.accounts, this.lectureTalker].map((each) => each.acknowledged);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** The number of messages that they received. */
  get shown(): number {
    return this.witnesses.reduce((sum, { notes }) => sum + notes.length, 0);
  }

  /** Connects every client that is not connected; all must succeed. */
  async connect(port: number): Promise<void> {
    for (const each of this.all) {
      if (!each.isOnline && !await each.connect(port)) {
        throw new Broken(`${each.notebook.name} was cut off while it connected`);
      }
    }
  }

  /** Connects all at once to a server that may go away in between. */
  async tryToConnect(port: number): Promise<void> {
    await Promise.all(this.all.map(async (each) => {
      try {
        await each.connect(port);
      } catch (error) {
        // Refused or reset: the fault is that the server is gone.
        if (error instanceof Broken) throw error;
      }
    }));
  }

  /** Closes all connections. */
  async disconnect(): Promise<void> {
    await Promise.all(this.all.map((each) => each.disconnect()));
  }

  /** Starts the talkers. */
  talk(
    random: Random,
    who: readonly (Member | LectureMember)[] = [...this.talkers, this.lectureTalker],
  ): void {
    for (const each of who) {
      const names = TALKERS.filter((name) => name !== each.notebook.name);
      each.talk(chatter(random, random.between(1, 24), { names }));
    }
  }

  /** Resolves when `count` more messages are acknowledged. */
  async hearsBack(count: number): Promise<void> {
    const enough = this.acknowledged + count;
    await this.#watch.until(
      () => this.acknowledged >= enough,
      () => `${enough - this.acknowledged} more acknowledgements`,
    );
  }

  /** Resolves when `count` more messages are acknowledged to clients other than `one`. */
  async othersHearBack(one: Member, count: number): Promise<void> {
    const others = () => this.acknowledged - one.account.acknowledged;
    const enough = others() + count;
    await this.#watch.until(() => others() >= enough, () => "acknowledgements to the others");
  }

  /** Stops the talkers; resolves when all their messages are acknowledged. */
  async fallSilent(): Promise<void> {
    for (const each of this.all) each.hush();
    await Promise.all(this.all.map((each) => each.drained()));
  }
}

/** A member with a notebook in memory, in all rooms. */
export function memberOf(account: Account, watch: Watch): Member {
  return new Member({ account, notebook: new Notebook(account.name), rooms: ROOMS, watch });
}
