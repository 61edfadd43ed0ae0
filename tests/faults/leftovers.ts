/** What a run would leave behind on the machine, were it to end at once: Ctrl-C undoes it all. */

const undoings = new Set<() => void>();

/** Has `undo` done should the run be stopped. Call what it gives when there is nothing to undo any more. */
export function undoAtExit(undo: () => void): () => void {
  undoings.add(undo);
  return () => undoings.delete(undo);
}

/** Undoes everything, the last first. */
export function undoAll(): void {
  for (const undo of [...undoings].reverse()) {
    undoings.delete(undo);
    undo();
  }
}

/** Sends a process a signal; one that has ended by itself needs none. */
export function signal(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}
