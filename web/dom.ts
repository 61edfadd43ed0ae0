/// <reference lib="dom" />
/** Small helpers for the document. Texts are only ever set as text, never as markup. */

/** An attribute's value: a text, whether it is there, or the listener of the event of that name. */
type Attribute = string | boolean | undefined | ((event: Event) => void);

/** A new element. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") created.addEventListener(name, value);
    else setAttribute(created, name, value);
  }
  created.append(...children);
  return created;
}

/** Sets an attribute, or removes it. */
export function setAttribute(target: Element, name: string, value: string | boolean | undefined) {
  if (value === undefined || value === false) target.removeAttribute(name);
  else target.setAttribute(name, value === true ? "" : value);
}

/** The element of page.html with this id. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) throw new TypeError(`The page has no element ${id}`);
  return found as Kind;
}

/** Sets an element's text, unless it is the same: a live region would be read again. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Makes `children` the children of `parent`, and moves only those that are out of place. */
export function placeChildren(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of Array.from(parent.children)) if (!wanted.has(child)) child.remove();
  let place = parent.firstElementChild;
  for (const child of children) {
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
}

/** The elements of a list by key: what stays keeps its element, and so the focus. */
export class KeyedList {
  readonly #parent: Element;
  readonly #make: (key: string) => HTMLElement;
  #elements: Map<string, HTMLElement> = new Map();

  constructor(parent: Element, make: (key: string) => HTMLElement) {
    this.#parent = parent;
    this.#make = make;
  }

  /** Shows one element for each key, in this order, and brings each up to date. */
  show<Item>(items: ReadonlyMap<string, Item>, update: (child: HTMLElement, item: Item) => void) {
    const elements = new Map<string, HTMLElement>();
    for (const [key, item] of items) {
      const child = this.#elements.get(key) ?? this.#make(key);
      update(child, item);
      elements.set(key, child);
    }
    this.#elements = elements;
    placeChildren(this.#parent, [...elements.values()]);
  }
}
