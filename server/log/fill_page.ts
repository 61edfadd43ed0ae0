/**
 * Answers that come in pages: as many items as fit one line of the wire.
 */

import type { Page } from "./message_log.ts";

/**
 * Bytes of JSON on one page: what is left of a line when its envelope (two names,
 * an id) is taken off. One message of the longest text fits.
 */
const PAGE_BYTES = 60_000;

const encoder = new TextEncoder();

/** As many of `rows` as fit a page, `limit` at most; `more` when some are left. */
export function fillPage<Row, Item>(
  rows: Iterable<Row>,
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const items: Item[] = [];
  let bytes = 0;
  for (const row of rows) {
    const item = toItem(row);
    bytes += encoder.encode(JSON.stringify(item)).length + 1;
    if (items.length === limit || bytes > PAGE_BYTES) return { items, more: true };
    items.push(item);
  }
  return { items, more: false };
}
