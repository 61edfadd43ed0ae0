/** The server's worker, after its clock. */

import "./clock.ts";
import "../../server/log/sqlite/sqlite_worker.ts";
