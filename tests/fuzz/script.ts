/**
 * What one peer does, step by step. A script is worked out before it is played, from
 * its seed alone; one that broke something can be written down and played again.
 */

/** Bytes for the socket in one write, and how many inputs are in them. */
export interface Sending {
  send: Uint8Array<ArrayBuffer>;
  inputs: number;
}

/** What a peer does beside sending. */
export type Act =
  /** Waits until everything so far is answered, or the connection is over. */
  | "wait"
  /** Reads nothing more. */
  | "stop reading"
  /** Says that nothing more comes. */
  | "half-close"
  /** Closes with what it was sent unread, which resets the connection. */
  | "reset";

/** One step of a script. */
export type Step = Sending | { act: Act };

/** What a peer does. */
export type Script = readonly Step[];

/** A step as it is written down: text where the bytes are text, and what is long as so many times. */
export type WrittenStep = { send: string; times?: number } | { hex: string } | { act: Act };

const encoder = new TextEncoder();

/** `script` as it is written down. */
export function writeScript(script: Script): WrittenStep[] {
  return script.map(writeStep);
}

/** The script that {@linkcode writeScript} wrote down. Each step counts as one input. */
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
