/**
 * A connection as the hub knows it: the address of an effect, and a key. The hub
 * compares handles and never sends over them; delivery does, once the log has answered.
 */
export interface ConnectionHandle {
  /** The peer's address and port, for people. */
  readonly peer: string;
  /** The address as bans compare it; none for this machine, where a proxy may stand for everyone. */
  readonly addressKey?: string | undefined;
}
