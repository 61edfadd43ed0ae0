/// <reference lib="dom" />
/** One tab for each name: a Web Lock says which one has it, and a channel asks that one for it. */

/** Milliseconds for another tab to give up the name; a frozen one loses it. */
const HANDOVER = 2_000;

/** The hold of a name; released when the tab ends, whatever the reason. */
export interface Hold {
  release(): void;
}

/** Holds `account` for this tab; `undefined` while another tab does. `asked` is called when one wants it. */
export async function holdAccount(
  account: string,
  asked: () => Promise<void>,
): Promise<Hold | undefined> {
  return await hold(account, { ifAvailable: true }, asked);
}

/** Takes `account` from the tab that has it, which closes its store first if it still runs. */
export async function takeOver(account: string, asked: () => Promise<void>): Promise<Hold> {
  const channel = new BroadcastChannel(nameOf(account));
  channel.postMessage("wanted");
  channel.close();
  try {
    const signal = AbortSignal.timeout(HANDOVER);
    const given = await hold(account, { signal }, asked);
    if (given !== undefined) return given;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  return await hold(account, { steal: true }, asked) as Hold;
}

function hold(
  account: string,
  options: LockOptions,
  asked: () => Promise<void>,
): Promise<Hold | undefined> {
  // Only a secure context has locks; elsewhere the server's session and the journal's owner decide.
  if (navigator.locks === undefined) return Promise.resolve({ release() {} });
  return new Promise((resolve, reject) => {
    const held = (lock: Lock | null) => {
      if (lock === null) return resolve(undefined);
      return new Promise<void>((release) => {
        const channel = new BroadcastChannel(nameOf(account));
        const give = () => (channel.close(), release());
        channel.onmessage = () => void asked().then(give);
        resolve({ release: give });
      });
    };
    // A stolen lock rejects after it was granted, when nobody waits for this promise any more.
    navigator.locks.request(nameOf(account), options, held).catch((error) => {
      reject(error);
      void asked();
    });
  });
}

function nameOf(account: string): string {
  return `chat ${account}`;
}
