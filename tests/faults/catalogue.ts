/** Every fault, with its description in the report. */

import { backup } from "./backup.ts";
import { clockBack } from "./clock_back.ts";
import { comeAndGo } from "./come_and_go.ts";
import { cutLines, halfOpen } from "./cut.ts";
import { diskFull } from "./disk_full.ts";
import { killAfterAct } from "./kill_after_act.ts";
import { killChatClient } from "./kill_chat_client.ts";
import { killClient } from "./kill_client.ts";
import { killServer } from "./kill_server.ts";
import { restart } from "./restart.ts";
import type { Stage } from "./stage.ts";
import { stalledReader } from "./stalled_reader.ts";
import { tornTail } from "./torn_tail.ts";
import { twoDevices } from "./two_devices.ts";

/** A kind of fault. */
export interface Fault {
  /** Its name for `--fault`. */
  name: string;
  /** The default numbers of rounds. */
  rounds: { full: number; short: number };
  /** The events of a round, and the promise. */
  about: string;
  run(stage: Stage): Promise<void>;
}

/** All faults, in the order of the report. */
export const FAULTS: readonly Fault[] = [
  {
    name: "kill-server",
    rounds: { full: 220, short: 3 },
    about: "The server is killed with `kill -9` after a random number of acknowledgements, or " +
      "while the clients are still coming back from the kill before. All rounds share one log. " +
      "The clients come back with their tokens and positions, and retry what was not " +
      "acknowledged. (A killed process loses nothing that it had handed to the system, so this " +
      "cannot show what `--sync full` does against a power cut.)",
    run: killServer,
  },
  {
    name: "kill-after-act",
    rounds: { full: 200, short: 3 },
    about: "The owner of a room bans and mutes up to 20 names, with messages between, and the " +
      "server is killed after a random number of the answers; in some rounds `chat-server ban` " +
      "runs at that moment, and may be killed too. What was acknowledged must hold on the server " +
      "that starts next: in `bans`, in the room's log with its number and words, once, and for " +
      "the names that come back.",
    run: killAfterAct,
  },
  {
    name: "kill-client",
    rounds: { full: 60, short: 2 },
    about:
      "Clients as processes that write down each message before they send it, and each event " +
      "before they count it. One of them is killed with `kill -9`, and started again on its notes.",
    run: killClient,
  },
  {
    name: "kill-chat-client",
    rounds: { full: 40, short: 2 },
    about: "The same with the project's own `chat-client` in a pipe, and now and then the server " +
      "is killed beneath it. Messages that it printed as its own count as acknowledged; so do those " +
      "in its outbox when it was killed, because it has promised to send them. Lines of its input " +
      "that it had not read by then are lost with the pipe, and are not counted.",
    run: killChatClient,
  },
  {
    name: "cut-line",
    rounds: { full: 100, short: 3 },
    about:
      "A proxy between client and server cuts a connection after a random byte, in the middle of " +
      "a line and in either direction.",
    run: cutLines,
  },
  {
    name: "half-open",
    rounds: { full: 100, short: 3 },
    about: "The proxy goes silent at a random moment and closes nothing, so neither end learns " +
      "of it. The client gives the connection up and resumes its session on another. In half of the " +
      "rounds the bytes of the silent connection arrive after that.",
    run: halfOpen,
  },
  {
    name: "come-and-go",
    rounds: { full: 40, short: 1 },
    about: "Two clients hang up and come back 40 times a round, as fast as they can, while " +
      "everybody talks to the rooms and to these two by name: each time, the replay must join the " +
      "live messages without a gap or a double.",
    run: comeAndGo,
  },
  {
    name: "restart",
    rounds: { full: 60, short: 2 },
    about: "The server is asked to stop (SIGTERM) while everybody talks, must end with exit code " +
      "0, and is started again.",
    run: restart,
  },
  {
    name: "disk-full",
    rounds: { full: 40, short: 3 },
    about: "The log's file system fills up while everybody talks. A message that is refused " +
      "with `log_failed` may be sent again once there is space; nobody may ever see the refused " +
      "one. The server is not restarted.",
    run: diskFull,
  },
  {
    name: "torn-tail",
    rounds: { full: 100, short: 3 },
    about: "The server is killed, and the write-ahead log ends, after its last commit, as a " +
      "crash in the middle of a write leaves it: random bytes, half a frame, a frame with a wrong " +
      "checksum, whole frames without a commit, or nothing. **Committed bytes stay as they are.** " +
      "No log in one file can restore data that is destroyed after it was on the disk, and this " +
      "fault claims nothing about that.",
    run: tornTail,
  },
  {
    name: "stalled-reader",
    rounds: { full: 2, short: 1 },
    about: "Two readers, one of version 2 and one of the lecture's, stop reading while more is " +
      "said than all buffers hold (in the full form, for longer than two minutes), and come back. " +
      "Before they do, everybody else must have seen everything.",
    run: stalledReader,
  },
  {
    name: "two-devices",
    rounds: { full: 100, short: 5 },
    about: "Two devices with one token take the session from each other, back and forth, and " +
      "sometimes both at once, while both have messages in flight.",
    run: twoDevices,
  },
  {
    name: "clock-back",
    rounds: { full: 40, short: 2 },
    about:
      "The server's clock, in all its threads, is set back, by up to decades, and right again, " +
      "while everybody talks and between a kill and the next start. The dates in history never " +
      "go back.",
    run: clockBack,
  },
  {
    name: "backup",
    rounds: { full: 60, short: 2 },
    about: "`chat-server backup` copies the log while everybody talks, and the server is killed " +
      "before the copy is begun, while it is made, or after it. Each copy must verify, have the " +
      "first messages of each room without a gap, and all that anybody was shown before it was " +
      "begun; restored and served, it must show just these.",
    run: backup,
  },
];
