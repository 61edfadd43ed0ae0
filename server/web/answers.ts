/** Answers to HTTP requests, one to each connection, as bytes. */

const PHRASES = {
  101: "Switching Protocols",
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  421: "Misdirected Request",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
} as const;

/** A status that is answered. */
export type Status = keyof typeof PHRASES;

/** Fields of an answer, by lower-case names. */
export type Fields = Readonly<Record<string, string>>;

/** An answer: its status, its body, and fields beside those of every answer. */
export interface Answer {
  readonly status: Status;
  readonly body?: string | Uint8Array;
  readonly fields?: Fields;
}

/**
 * No answer may be framed, sniffed, or read by pages elsewhere, and the page needs no sensor
 * and no device.
 */
const EVERY_ANSWER: Fields = {
  "cache-control": "no-cache",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "content-type": "text/plain; charset=utf-8",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), " +
    "payment=(), screen-wake-lock=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const encoder = new TextEncoder();

/** The bytes of an answer behind which the connection is closed; to HEAD, without its body. */
export function encodeAnswer({ status, body = "", fields = {} }: Answer, method?: string) {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const head = encodeHead(status, {
    date: new Date().toUTCString(),
    connection: "close",
    ...EVERY_ANSWER,
    "content-length": String(bytes.length),
    ...fields,
  });
  if (method === "HEAD") return head;
  const answer = new Uint8Array(head.length + bytes.length);
  answer.set(head);
  answer.set(bytes, head.length);
  return answer;
}

/** The bytes of an answer's head with these fields alone. */
export function encodeHead(status: Status, fields: Fields): Uint8Array {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return encoder.encode(`HTTP/1.1 ${status} ${PHRASES[status]}\r\n${lines.join("")}\r\n`);
}

/** A refusal, with a sentence for the person who sees it. */
export function refusal(status: Status, sentence: string, fields: Fields = {}): Answer {
  return { status, body: `${sentence}.\n`, fields };
}
