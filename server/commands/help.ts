/** The text of `chat-server --help`. */

import { describeOptions } from "../../cli/options.ts";
import { OPTIONS } from "../options.ts";
import { describeCommands } from "./commands.ts";

/** The text of `chat-server --help`. */
export function helpText(): string {
  return `chat-server: the chat that keeps its promises

Usage: chat-server [OPTIONS]
       chat-server COMMAND [OPTIONS]

${describeCommands()}

COMMAND --help shows the options of a command. Without one, the server starts:

${describeOptions(OPTIONS)}

The state directory is $XDG_STATE_HOME/chat-server, or ~/.local/state/chat-server;
on macOS ~/Library/Application Support/chat-server, on Windows %LOCALAPPDATA%\\chat-server.
One server at a time may use a file.

0 lifts the limit that a --max-… or …-rate option, or --login-failures, sets.

Each option may also be in the environment, as CHAT_SERVER_<OPTION> (CHAT_SERVER_MAX_ROOMS=9,
CHAT_SERVER_TLS=true), or in the file of --config, as { "max-rooms": 9, "tls": true }, with
comments. The command line goes before the environment, and that before the file; --tls=false
unsets a switch. With --config, SIGHUP reads the limits, what is retained, registered-only,
register and log-level again.

With --tls the certificate is made at the first start, and kept in a directory beside
the log, FILE-tls. Give its fingerprint to the people who are to join. With TLS, SIGHUP reads
--tls-cert and --tls-key again; connections stay open.

Prints one line on stdout for each port once it accepts connections, then the page's address;
what it does, on stderr. SIGINT or SIGTERM notifies every client and stops it; a second one
stops it at once.

Exit codes: 0 stopped when asked, 1 could not run, or something that was acknowledged is not in
the log's file any more, 2 wrong usage
`;
}
