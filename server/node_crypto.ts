/** `node:crypto`, loaded when it is first needed: it takes as long to load as the whole server. */

let loading: Promise<typeof import("node:crypto")> | undefined;

/** The module. */
export function nodeCrypto(): Promise<typeof import("node:crypto")> {
  return loading ??= import("node:crypto");
}
