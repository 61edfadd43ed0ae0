/**
 * The actions of one peer, step by step. A script depends on its seed alone and is
 * complete before it is played, so one that breaks something can be saved and replayed.
 */

/** The bytes of one write, and the number of inputs in them. */
export interface Sending {
  send: Uint8Array<ArrayBuffer>;
  inputs: number;
}

/** The other actions of a peer. */
export type Act =
  /** Waits until everything so far is answered, or the connection has ended. */
  | "wait"
  /** Stops reading. */
  | "stop reading"
  /** Shuts down the sending side. */
  | "half-close"
  /** Closes with unread data, which resets the connection. */
  | "reset";

/** One step of a script. */
export type Step = Sending | { act: Act };

/** The script of a peer. */
export type Script = readonly Step[];

/** A saved step: text if the bytes are text, and a long repetition as a count. */
export type WrittenStep = { send: string; times?: number } | { hex: string } | { act: Act };

const encoder = new TextEncoder();

/** The saved form of `script`. */
export function writeScript(script: Script): WrittenStep[] {
  return script.map(writeStep);
}

/** The script from the form that {@linkcode writeScript} returns. Each step counts as one input. */
export function readScript(written: readonly WrittenStep[]): Script {
  return written.map(readStep);
}

function writeStep(step: Step): WrittenStep {
  if ("act" in step) return step;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(step.send);
  const isText = !text.includes("\ufffd");
  return isText ? { send: text } : { hex: step.send.toHex() };
}

function readStep(step: WrittenStep): Step {
  if ("act" in step) return step;
  if ("hex" in step) return { send: Uint8Array.fromHex(step.hex), inputs: 1 };
  return { send: encoder.encode(step.send.repeat(step.times ?? 1)), inputs: 1 };
}
