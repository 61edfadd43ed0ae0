/** The server's worker, after its clock. */

import "./clock.ts";
import "../../server/sqlite_worker.ts";
