/** The connection that is passed to a client: TCP or TLS in the terminal program, a WebSocket in a page. */

/** One connection to a server. */
export interface Transport {
  /** Whether nobody on the way can read it: passwords are sent over such a connection only. */
  readonly isSecure: boolean;
  /**
   * The server's lines, without their ends, until either side closes; to be read once. Fails as
   * the connection fails, and with {@linkcode UnusableServer} where the framing breaks.
   */
  lines(): AsyncIterable<string>;
  /** Queues a line, its newline included, and returns at once; does nothing once closed. */
  send(line: string): void;
  /** Closes at once; what is still queued is lost. */
  close(): void;
}

/** Connects to the one server; rejects with an `Error` whose message is for a person. */
export type Dial = () => Promise<Transport>;

/** A server that another try would not make usable: it is not trusted, or is no chat server. */
export class UnusableServer extends Error {
  override name = "UnusableServer";
}
