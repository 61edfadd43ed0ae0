/** Where the platform keeps a program's settings and state. */

/** What decides the places: `Deno.build.os` and the environment. */
export interface Platform {
  readonly os: string;
  readonly get: (variable: string) => string | undefined;
}

/** The directory of `config.json`; `undefined` where the platform names none. */
export function configDirectory(platform: Platform): string | undefined {
  return directory(platform, ["XDG_CONFIG_HOME", ".config"], "APPDATA");
}

/** The directory of the outbox and the input history; `undefined` where the platform names none. */
export function stateDirectory(platform: Platform): string | undefined {
  return directory(platform, ["XDG_STATE_HOME", ".local/state"], "LOCALAPPDATA");
}

// XDG Base Directory Specification 0.8: a relative path in these variables is to be ignored.
function directory(
  { os, get }: Platform,
  [xdg, fallback]: readonly [string, string],
  windows: string,
): string | undefined {
  if (os === "windows") return joined(get(windows), "\\");
  const home = get("HOME");
  const given = get(xdg);
  if (given?.startsWith("/")) return joined(given, "/");
  if (!home) return undefined;
  return joined(`${home}/${os === "darwin" ? "Library/Application Support" : fallback}`, "/");
}

function joined(parent: string | undefined, separator: string): string | undefined {
  return parent ? `${parent}${separator}chat-client` : undefined;
}
