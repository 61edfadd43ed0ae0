/** Stopping as Ctrl-Z does: this program, and whatever it was started with. */

/** Stops the process group until a shell wakes it; says why where it can't. */
export async function stopGroup(): Promise<string | undefined> {
  let happened = () => {};
  const happening = new Promise<void>((resolve) => happened = resolve);
  Deno.addSignalListener("SIGCHLD", happened);
  // For good: `deno task` may pass the signal on as late as when all go on.
  Deno.addSignalListener("SIGTSTP", stayAwake);
  try {
    // The system stops nobody by it where no shell would wake them. `kill` is in the group
    // too: SIGCHLD comes when it ends, and when it is stopped. That it has ended is known
    // before another one has come and gone.
    const ended = signalGroup("TSTP");
    await Promise.race([happening, ended]);
    const goesOn = await Promise.race([ended.then(() => true), signalGroup("0").then(() => false)]);
    if (goesOn) return "Ctrl-Z: there is no shell to go back to";
    // `deno task` takes SIGTSTP for itself and goes on, and the shell would wait for it.
    await signalGroup("STOP");
    return undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "Ctrl-Z needs the program kill, which this machine has not";
  } finally {
    Deno.removeSignalListener("SIGCHLD", happened);
  }
}

/** Who listens for the signal is not stopped by it. */
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
