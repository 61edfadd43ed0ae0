/** The server's worker, loaded after the shifted clock. */

import "./clock.ts";
import "../../server/log/sqlite/sqlite_worker.ts";
