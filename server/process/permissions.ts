/**
 * The permissions of the server. It starts with those of its command line, or of its
 * compilation, because `--data` may be anywhere; once it runs it drops nearly all. The
 * thread that reads from peers can open no file, and the workers that hold the log have
 * its directory and no network.
 */

/** Permissions that a running server does not need; once dropped, they cannot be regained. */
const DROPPED = ["read", "write", "env", "sys", "run", "ffi", "import"] as const;

/** Drops all permissions but the network. Files are left to workers that were started before. */
export function dropFileAccess(): void {
  for (const name of DROPPED) Deno.permissions.revokeSync({ name });
}

/** Drops the network, except for open sockets and connections that come in over them. */
export function dropNetworkAccess(): void {
  Deno.permissions.revokeSync({ name: "net" });
}

const NOTHING: Deno.PermissionOptionsObject = {
  ...{ read: false, write: false, net: false, env: false },
  ...{ sys: false, run: false, ffi: false, import: false },
};

/** The permissions of a worker that reads and writes the files in `directory` and nothing else. */
export function onlyFilesIn(directory: string): Deno.PermissionOptionsObject {
  return { ...NOTHING, read: [directory], write: [directory] };
}

/** The permissions of a worker that reads these files and nothing else. */
export function onlyReading(files: readonly string[]): Deno.PermissionOptionsObject {
  return { ...NOTHING, read: [...files] };
}
