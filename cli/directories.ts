/** Where the platform keeps a program's settings and state. */

/** The operating system and the environment, which decide the places. */
export interface Platform {
  /** As `Deno.build.os` names it. */
  readonly os: string;
  /** The value of an environment variable. */
  readonly env: (variable: string) => string | undefined;
}

/** The platform that this process runs on. */
export const PLATFORM: Platform = {
  os: Deno.build.os,
  env: (variable) => Deno.env.get(variable),
};

/** The directory of `program`'s settings; `undefined` where the environment names no home. */
export function configDirectory(platform: Platform, program: string): string | undefined {
  return within(parentOf(platform, ["XDG_CONFIG_HOME", ".config"], "APPDATA"), platform, program);
}

/** The directory of `program`'s state; `undefined` where the environment names no home. */
export function stateDirectory(platform: Platform, program: string): string | undefined {
  const parent = parentOf(platform, ["XDG_STATE_HOME", ".local/state"], "LOCALAPPDATA");
  return within(parent, platform, program);
}

function parentOf(
  { os, env }: Platform,
  [xdg, fallback]: readonly [string, string],
  windows: string,
): string | undefined {
  if (os === "windows") return env(windows);
  const given = env(xdg);
  // XDG Base Directory Specification 0.8: a relative path in these variables is to be ignored.
  if (given?.startsWith("/")) return given;
  const home = env("HOME");
  return home && `${home}/${os === "darwin" ? "Library/Application Support" : fallback}`;
}

function within(parent: string | undefined, { os }: Platform, program: string): string | undefined {
  return parent ? `${parent}${os === "windows" ? "\\" : "/"}${program}` : undefined;
}
