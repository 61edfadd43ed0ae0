/** Every fault, with what the report says of it. */

import { clockBack } from "./clock_back.ts";
import { comeAndGo } from "./come_and_go.ts";
import { cutLines, halfOpen } from "./cut.ts";
import { diskFull } from "./disk_full.ts";
import { killChatClient } from "./kill_chat_client.ts";
import { killClient } from "./kill_client.ts";
import { killServer } from "./kill_server.ts";
import { restart } from "./restart.ts";
import type { Stage } from "./stage.ts";
import { stalledReader } from "./stalled_reader.ts";
import { tornTail } from "./torn_tail.ts";
import { twoDevices } from "./two_devices.ts";

/** A fault that can be made. */
export interface Fault {
  /** For `--fault`. */
  name: string;
  /** How many rounds it has when nobody says otherwise. */
  rounds: { full: number; short: number };
  /** What is done in a round, and what is promised. */
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
      "The clients come back with their tokens and positions, and say again what was not " +
      "acknowledged. (A killed process loses nothing that it had handed to the system: what " +
      "`--sync full` does against a power cut, this can't show.)",
    run: killServer,
  },
  {
    name: "kill-client",
    rounds: { full: 60, short: 2 },
    about: "Clients as processes that write down what they say before they send it and what they " +
      "are shown before they count it. One of them is killed with `kill -9`, and started again " +
      "on its notes.",
    run: killClient,
  },
  {
    name: "kill-chat-client",
    rounds: { full: 40, short: 2 },
    about: "The same with the project's own `chat-client` in a pipe, and now and then the server " +
      "is killed beneath it. What it printed as its own counts as acknowledged; so does what its " +
      "outbox held when it was killed, for it has promised to send that. Lines of its input that " +
      "it had not read when it was killed are lost with the pipe, and are not counted.",
    run: killChatClient,
  },
  {
    name: "cut-line",
    rounds: { full: 100, short: 3 },
    about:
      "A proxy between client and server breaks a connection off after a random byte, in the " +
      "middle of a line and in either direction.",
    run: cutLines,
  },
  {
    name: "half-open",
    rounds: { full: 100, short: 3 },
    about: "The proxy goes silent in the middle of everything and closes nothing: neither end is " +
      "told. The client gives the connection up and takes its session over. In half of the rounds " +
      "the silent connection's bytes arrive at last, when the session has gone on without it.",
    run: halfOpen,
  },
  {
    name: "come-and-go",
    rounds: { full: 40, short: 1 },
    about: "Two clients hang up and come back 40 times a round, as fast as they can, while " +
      "everybody talks to the rooms and to these two by name: each time, what they are sent again " +
      "must meet what they are sent live without a seam.",
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
    about: "The log's file system fills up while everybody talks. Who is refused with " +
      "`log_failed` may say the same again once there is space; nobody may ever see what was " +
      "refused. The server is not restarted.",
    run: diskFull,
  },
  {
    name: "torn-tail",
    rounds: { full: 100, short: 3 },
    about: "The server is killed, and after the last commit in the write-ahead log stands what a " +
      "crash leaves in the middle of a write: random bytes, half a frame, a frame with a wrong " +
      "checksum, whole frames without a commit, or nothing. **Committed bytes stay as they are.** " +
      "What is destroyed after it was on the disk, acknowledged messages among it, no log in one " +
      "file can give back; nothing is claimed of that.",
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
      "sometimes both at once, while messages are on their way from both.",
    run: twoDevices,
  },
  {
    name: "clock-back",
    rounds: { full: 40, short: 2 },
    about:
      "The server's clock, in all its threads, is set back by up to 25 days and right again, " +
      "while everybody talks and between a kill and the next start. (Sessions are kept for 30 " +
      "days, by that same clock: a clock further off than this ends them.)",
    run: clockBack,
  },
];
