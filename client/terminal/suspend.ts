/** Suspending on Ctrl-Z: this program and the rest of its process group. */

/** Stops the process group until a shell continues it; the reason when that is impossible. */
export async function stopGroup(): Promise<string | undefined> {
  let happened = () => {};
  const happening = new Promise<void>((resolve) => happened = resolve);
  Deno.addSignalListener("SIGCHLD", happened);
  // Never removed: `deno task` may forward the signal as late as after SIGCONT.
  Deno.addSignalListener("SIGTSTP", stayAwake);
  try {
    // POSIX: SIGTSTP does not stop an orphaned process group. `kill` is in the group too, so
    // SIGCHLD comes when it ends and when it is stopped; if it was not stopped, its end is
    // known before a second `kill` has run.
    const ended = signalGroup("TSTP");
    await Promise.race([happening, ended]);
    const goesOn = await Promise.race([ended.then(() => true), signalGroup("0").then(() => false)]);
    if (goesOn) return "Ctrl-Z: there is no shell to go back to";
    // `deno task` handles SIGTSTP and keeps running, and the shell would wait for it.
    await signalGroup("STOP");
    return undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "Ctrl-Z needs the program kill, which this machine has not";
  } finally {
    Deno.removeSignalListener("SIGCHLD", happened);
  }
}

/** A listener for the signal keeps the process from being stopped by it. */
function stayAwake(): void {}

async function signalGroup(signal: "TSTP" | "STOP" | "0"): Promise<void> {
  const command = new Deno.Command("kill", {
    args: [`-${signal}`, "0"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  await command.spawn().status;
}
