/** Clean-up at Ctrl-C: everything that a run would leave behind on the machine. */

const undoings = new Set<() => void>();

/** Calls `undo` if the run is interrupted. Call the returned function once there is nothing to undo. */
export function undoAtExit(undo: () => void): () => void {
  undoings.add(undo);
  return () => undoings.delete(undo);
}

/** Undoes everything in reverse order. */
export function undoAll(): void {
  for (const undo of [...undoings].reverse()) {
    undoings.delete(undo);
    undo();
  }
}

/** Sends a signal to a process, unless it has ended by itself. */
export function signal(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}
