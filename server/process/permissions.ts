/**
 * What the server may do. It starts with what the command line, or its making, gave
 * it, because `--data` may be anywhere; once it runs it keeps next to nothing of that.
 * The thread that hears what peers say can open no file at all, and the workers that
 * hold the log have its directory and no network.
 */

/** Of no use to a server that runs. Given up, they can't be had back. */
const GIVEN_UP = ["read", "write", "env", "sys", "run", "ffi", "import"] as const;

/** Gives up all permissions but those for the network. Files are left to workers that were started before. */
export function dropFileAccess(): void {
  for (const name of GIVEN_UP) Deno.permissions.revokeSync({ name });
}

/** Gives up the network, but for the sockets that are open and what comes in over them. */
export function dropNetworkAccess(): void {
  Deno.permissions.revokeSync({ name: "net" });
}

const NOTHING: Deno.PermissionOptionsObject = {
  ...{ read: false, write: false, net: false, env: false },
  ...{ sys: false, run: false, ffi: false, import: false },
};

/** The permissions of a worker that has to do with the files in `directory` and with nothing else. */
export function onlyFilesIn(directory: string): Deno.PermissionOptionsObject {
  return { ...NOTHING, read: [directory], write: [directory] };
}

/** The permissions of a worker that reads these files and does nothing else. */
export function onlyReading(files: readonly string[]): Deno.PermissionOptionsObject {
  return { ...NOTHING, read: [...files] };
}
