/** Frames of a WebSocket (RFC 6455), as a server reads and writes them. Pure. */

/** Opcodes, of which a data frame in a row after the first has `continuation`. */
const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The longest payload of a control frame. */
const MAX_CONTROL = 125;

/**
 * Frames in a row without a byte of a message: a peer could send them for ever and pay for none
 * of them by its byte rate.
 */
const MAX_EMPTY = 100;

const NEWLINE = 0x0a;

/** Why a WebSocket is closed: the close frame's code and reason. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** The part of a frame that comes next. */
const enum At {
  Opcode,
  Length,
  LongLength,
  Mask,
  Payload,
}

/**
 * Reads a client's frames: takes bytes in any pieces, and leaves in their place the bytes of the
 * messages, each message ended by a newline. Holds nothing of a message, however long that is:
 * lines are bounded behind it.
 */
export class FrameReader {
  /** Why the peer is to be closed: it has broken the protocol, or sent a close frame. */
  closing: Closing | undefined;
  /** The payload of the last ping that was not answered. */
  ping: Uint8Array | undefined;
  /** Whether a message has ended, and its newline had no room yet. */
  owesNewline = false;
  #at = At.Opcode;
  #opcode: number = OPCODE.text;
  #isFinal = true;
  /** Whether the first frame of a message has come, and not yet its last. */
  #isInMessage = false;
  /** Bytes of the length or of the mask that are still to come. */
  #missing = 0;
  #length = 0;
  #mask = 0;
  /** Bytes of the payload that have come. */
  #count = 0;
  #control: Uint8Array | undefined;
  #empty = 0;

  /** Reads the first `count` of `bytes`; returns how many bytes of messages are there now. */
  push(bytes: Uint8Array, count: number): number {
    let out = 0;
    for (let at = 0; at < count && this.closing === undefined;) {
      if (this.#at !== At.Payload && !this.#endsHeadWith(bytes[at++] as number)) continue;
      const end = Math.min(count, at + this.#length - this.#count);
      if (this.#opcode >= OPCODE.close) this.#readControl(bytes.subarray(at, end));
      else {
        // The head that came between has made room for the newline before.
        if (this.owesNewline && end > at) out = this.#endLine(bytes, out);
        out = this.#unmask(bytes, at, end, out);
      }
      at = end;
      if (this.#count === this.#length) this.#endFrame();
    }
    return this.owesNewline && out < bytes.length ? this.#endLine(bytes, out) : out;
  }

  #endLine(bytes: Uint8Array, out: number): number {
    bytes[out] = NEWLINE;
    this.owesNewline = false;
    return out + 1;
  }

  /** Takes a byte of a frame's head; true for its last. */
  #endsHeadWith(byte: number): boolean {
    if (this.#at === At.Opcode) this.#readOpcode(byte);
    else if (this.#at === At.Length) this.#readLength(byte);
    else if (this.#at === At.LongLength) {
      this.#length = this.#length * 256 + byte;
      if (--this.#missing === 0) this.#checkLength();
    } else {
      this.#mask = this.#mask << 8 | byte;
      if (--this.#missing > 0) return false;
      this.#at = At.Payload;
      return true;
    }
    return false;
  }

  #readOpcode(byte: number): void {
    this.#isFinal = byte >= 0x80;
    this.#opcode = byte & 0x0f;
    this.#at = At.Length;
    if ((byte & 0x70) !== 0) return this.#break("A reserved bit is set");
    if (this.#opcode >= OPCODE.close) {
      if (this.#opcode > OPCODE.pong) return this.#break("The opcode is unknown");
      if (!this.#isFinal) return this.#break("A control frame is fragmented");
      return;
    }
    if (this.#opcode === OPCODE.binary) return this.#break("A message is binary", 1003);
    if (this.#opcode > OPCODE.binary) return this.#break("The opcode is unknown");
    const isContinued = this.#opcode === OPCODE.continuation;
    if (isContinued !== this.#isInMessage) {
      return this.#break(isContinued ? "Nothing is continued" : "A message is not finished");
    }
    this.#isInMessage = !this.#isFinal;
  }

  #readLength(byte: number): void {
    this.#length = byte & 0x7f;
    this.#count = 0;
    if (byte < 0x80) return this.#break("A frame is not masked");
    if (this.#opcode >= OPCODE.close && this.#length > MAX_CONTROL) {
      return this.#break(`A control frame has more than ${MAX_CONTROL} bytes`);
    }
    if (this.#length <= 125) return this.#expectMask();
    this.#at = At.LongLength;
    this.#missing = this.#length === 126 ? 2 : 8;
    this.#length = 0;
  }

  #checkLength(): void {
    if (!Number.isSafeInteger(this.#length)) return this.#break("A frame is too long", 1009);
    this.#expectMask();
  }

  #expectMask(): void {
    this.#at = At.Mask;
    this.#missing = 4;
  }

  #readControl(masked: Uint8Array): void {
    if (this.#opcode !== OPCODE.pong) {
      this.#control ??= new Uint8Array(this.#length);
      this.#control.set(masked, this.#count);
      this.#unmask(this.#control, this.#count, this.#count + masked.length, this.#count);
    } else this.#count += masked.length;
  }

  /** Unmasks what comes next of the payload, and moves it to `out`; returns its end there. */
  #unmask(bytes: Uint8Array, from: number, to: number, out: number): number {
    const mask = this.#mask;
    let shift = 24 - 8 * (this.#count & 3);
    for (let at = from; at < to; at++) {
      bytes[out++] = bytes[at] as number ^ mask >>> shift;
      shift = (shift - 8) & 24;
    }
    this.#count += to - from;
    return out;
  }

  #endFrame(): void {
    this.#at = At.Opcode;
    const isControl = this.#opcode >= OPCODE.close;
    if (!isControl && this.#isFinal) this.owesNewline = true;
    this.#empty = isControl || this.#length === 0 ? this.#empty + 1 : 0;
    if (this.#empty > MAX_EMPTY) {
      return this.#break(`${MAX_EMPTY} frames in a row carry nothing`, 1008);
    }
    const payload = this.#control ?? EMPTY;
    this.#control = undefined;
    if (this.#opcode === OPCODE.ping) this.ping = payload;
    if (this.#opcode === OPCODE.close) this.closing = answerTo(payload);
  }

  #break(reason: string, code = 1002): void {
    this.closing ??= { code, reason };
  }
}

const EMPTY = new Uint8Array(0);

/** The answer to a close frame: its code, or what is wrong with it (RFC 6455, 7.4). */
function answerTo(payload: Uint8Array): Closing {
  if (payload.length === 0) return NORMAL;
  const code = (payload[0] as number) << 8 | (payload[1] ?? 0);
  const isValid = code >= 3000 && code < 5000 ||
    code >= 1000 && code < 1015 && ![1004, 1005, 1006].includes(code);
  if (!isValid || payload.length === 1) return { code: 1002, reason: "A close frame is invalid" };
  return { code, reason: "" };
}

/** The closing of a WebSocket that has come to its end. */
export const NORMAL: Closing = { code: 1000, reason: "" };

/** The head of a text frame of `length` bytes. */
export function textHead(length: number): Uint8Array {
  return headOf(OPCODE.text, length);
}

/** A whole frame with text. */
export function textFrame(payload: Uint8Array): Uint8Array {
  return joined(textHead(payload.length), payload);
}

/** A whole frame that answers a ping. */
export function pongFrame(payload: Uint8Array): Uint8Array {
  return joined(headOf(OPCODE.pong, payload.length), payload);
}

/** A whole close frame; its reason is cut to what fits. */
export function closeFrame({ code, reason }: Closing): Uint8Array {
  const payload = new Uint8Array(MAX_CONTROL);
  payload.set([code >>> 8, code & 0xff]);
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  return joined(headOf(OPCODE.close, 2 + written), payload.subarray(0, 2 + written));
}

function headOf(opcode: number, length: number): Uint8Array {
  const first = 0x80 | opcode;
  if (length <= 125) return Uint8Array.of(first, length);
  if (length < 0x10000) return Uint8Array.of(first, 126, length >>> 8, length & 0xff);
  const head = new Uint8Array(10);
  head.set([first, 127]);
  new DataView(head.buffer).setBigUint64(2, BigInt(length));
  return head;
}

function joined(head: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(head.length + payload.length);
  frame.set(head);
  frame.set(payload, head.length);
  return frame;
}
