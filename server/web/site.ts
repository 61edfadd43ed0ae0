/** The site over HTTP: the page, and the WebSocket that it opens. */

import { type Answer, encodeAnswer, encodeHead, refusal } from "./answers.ts";
import { type AllowedHosts, isHostAllowed, isOriginAllowed, type Way } from "./hosts.ts";
import { type BadHead, hasToken, type Head } from "./http_head.ts";
import type { Page } from "./page.ts";

/** The parts of a site. */
export interface SiteSettings {
  readonly page: Page;
  readonly allowed: AllowedHosts;
  /** Whether the page may go over plain TCP to other machines. */
  readonly isPlainAllowed: boolean;
}

/** The way by which a request has come, and whether others can read along. */
export interface Visit extends Way {
  readonly isSecure: boolean;
}

/** The bytes that answer a request, and whether a WebSocket is open behind them. */
export interface Reply {
  readonly bytes: Uint8Array;
  readonly isUpgrade: boolean;
}

/** The bytes that accept a WebSocket. */
interface Upgrade {
  readonly upgrade: Uint8Array;
}

/** The resource at a path. */
interface Route {
  readonly methods: readonly string[];
  handle(head: Head, visit: Visit, settings: SiteSettings): Promise<Answer | Upgrade>;
}

const ROUTES: Readonly<Record<string, Route>> = {
  "/": { methods: ["GET", "HEAD"], handle: page },
  "/chat": { methods: ["GET"], handle: webSocket },
};

/** Answers requests. */
export class Site {
  readonly #settings: SiteSettings;

  constructor(settings: SiteSettings) {
    this.#settings = settings;
  }

  /** Whether there is a page to be shown. */
  get hasPage(): boolean {
    return this.#settings.page.isThere;
  }

  async reply(head: Head | BadHead, visit: Visit): Promise<Reply> {
    const result = await this.#answer(head, visit);
    if ("upgrade" in result) return { bytes: result.upgrade, isUpgrade: true };
    const method = "method" in head ? head.method : undefined;
    return { bytes: encodeAnswer(result, method), isUpgrade: false };
  }

  async #answer(head: Head | BadHead, visit: Visit): Promise<Answer | Upgrade> {
    if ("reason" in head) return refusal(head.status, head.reason);
    const { method, path, fields } = head;
    const host = fields.get("host") ?? "";
    if (!isHostAllowed(host, this.#settings.allowed, visit)) return refusal(421, WRONG_HOST);
    const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
    if (route === undefined) return refusal(404, "There is nothing here; the chat is at /");
    if (!route.methods.includes(method)) {
      const allow = route.methods.join(", ");
      return refusal(405, `This path takes ${allow}`, { allow });
    }
    if (hasBody(fields)) return refusal(400, "A request with this method has no body");
    if (!visit.isSecure && !this.#settings.isPlainAllowed) return refusal(403, READABLE);
    return await route.handle(head, visit, this.#settings);
  }
}

const WRONG_HOST = "The server does not go by this name; its operator can add it with --web-name";

const READABLE =
  "The page does not come unencrypted to other machines, because anyone on the way " +
  "could read along; the operator can serve TLS with --tls, or allow it with --plain host";

function hasBody(fields: Head["fields"]): boolean {
  return fields.has("transfer-encoding") || (fields.get("content-length") ?? "0") !== "0";
}

async function page({ fields }: Head, _visit: Visit, settings: SiteSettings): Promise<Answer> {
  return await settings.page.answer(acceptsGzip(fields.get("accept-encoding") ?? ""));
}

function acceptsGzip(encodings: string): boolean {
  return encodings.split(",").some((each) =>
    /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(each)
  );
}

/** A key is 16 bytes in Base64 (RFC 6455, 4.2.1). */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

const ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

async function webSocket(
  { fields }: Head,
  visit: Visit,
  { allowed }: SiteSettings,
): Promise<Answer | Upgrade> {
  const key = fields.get("sec-websocket-key");
  if (!isOriginAllowed(fields.get("origin"), fields.get("host") ?? "", allowed, visit)) {
    return refusal(403, "Pages of this origin may not open a WebSocket here; see --web-origin");
  }
  if (
    !hasToken(fields.get("upgrade"), "websocket") || !hasToken(fields.get("connection"), "upgrade")
  ) {
    return refusal(426, "This path is a WebSocket", { upgrade: "websocket" });
  }
  if (fields.get("sec-websocket-version") !== "13") {
    return refusal(426, "The WebSocket's version must be 13", { "sec-websocket-version": "13" });
  }
  if (key === undefined || !KEY.test(key)) return refusal(400, "sec-websocket-key is not a key");
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + ACCEPT));
  return {
    upgrade: encodeHead(101, {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-accept": new Uint8Array(digest).toBase64(),
    }),
  };
}
