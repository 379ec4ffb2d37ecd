/**
 * Building the page out of nodes.
 *
 * Everything that came from a person, an app or a model becomes a text node or an attribute, never markup:
 * there is no innerHTML anywhere in this folder. `reconcile` keeps the nodes whose content did not change, so
 * that what somebody is typing or has focused survives each frame from the server.
 */

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * Make one element. `on` holds listeners, `data` holds data-* attributes; null, undefined and false leave an
 * attribute out, true writes it empty.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, item] of Object.entries(value)) {
        if (item !== null && item !== undefined) node.dataset[key] = String(item);
      }
    } else if (name === "value") {
      node.value = value;
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...flat(children));
  return node;
}

/** @param {Child} children @returns {(Node | string)[]} */
function flat(children) {
  return [children].flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** Replace all children of a node. @param {Element} node @param {...Child} children */
export function fill(node, ...children) {
  node.replaceChildren(...flat(children));
}

/** @type {WeakMap<Element, {key: string, sign: string}>} */
const drawn = new WeakMap();

/**
 * Make a parent's children follow a list, redrawing only what changed.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {{key: (item: T) => string, sign: (item: T) => string, draw: (item: T) => HTMLElement}} how
 */
export function reconcile(parent, items, { key, sign, draw }) {
  const before = new Map([...parent.children].map((node) => [drawn.get(node)?.key, node]));
  /** @type {Element | null} */
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const mark = { key: key(item), sign: sign(item) };
    let node = before.get(mark.key);
    before.delete(mark.key);
    if (node === undefined || drawn.get(node)?.sign !== mark.sign) {
      const fresh = draw(item);
      drawn.set(fresh, mark);
      if (node === undefined) parent.insertBefore(fresh, cursor);
      else {
        const spot = rememberFocus(node);
        if (cursor === node) cursor = fresh;
        node.replaceWith(fresh);
        restoreFocus(fresh, spot);
      }
      node = fresh;
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else if (node.nextElementSibling !== cursor) parent.insertBefore(node, cursor);
  }
  for (const node of before.values()) node.remove();
}

/** What to say about the focus inside a node before it is redrawn, or null when it is elsewhere. */
export function rememberFocus(node) {
  const active = document.activeElement;
  if (active === null || !node.contains(active)) return null;
  const block = active.closest("[data-block-id]")?.dataset.blockId;
  return { action: active.dataset.actionId, block, test: active.dataset.testid, start: active.selectionStart };
}

/** Put the focus back where it was, or on the redrawn node itself. */
export function restoreFocus(node, spot) {
  if (spot === null) return;
  const twin = [...node.querySelectorAll("[data-action-id], [data-testid]")].find((candidate) =>
    (spot.action === undefined ? candidate.dataset.testid === spot.test : candidate.dataset.actionId === spot.action)
    && candidate.closest("[data-block-id]")?.dataset.blockId === spot.block);
  (twin ?? node).focus({ preventScroll: true });
  if (typeof spot.start === "number" && twin?.setSelectionRange) twin.setSelectionRange(spot.start, spot.start);
}

/** Say something to screen readers without showing it. */
export function announce(text) {
  const live = document.getElementById("live");
  live.append(h("p", {}, text));
  while (live.children.length > 5) live.firstElementChild.remove();
}

/** The element on top: an open dialog hides everything outside of it, toasts and menus included. */
export function topLayer() {
  return [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
}
