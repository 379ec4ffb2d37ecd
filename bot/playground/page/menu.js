/**
 * A small menu at a button: arrow keys, Home, End, a first letter, Enter, Esc; a press elsewhere closes it.
 *
 * One menu is open at a time. Focus goes into it when it opens and back to its button when it closes.
 */

import { h, topLayer } from "/static/dom.js";

/**
 * @typedef {{label: string, description?: string, pick: () => void, checked?: boolean, danger?: boolean,
 *   disabled?: boolean, data?: Record<string, string>}} Item
 */

let shut = () => {};

/** Close the open menu, if there is one. */
export const closeMenu = () => shut();

/**
 * Open a menu under its button.
 * @param {HTMLElement} anchor
 * @param {Item[]} items
 * @param {string} label
 */
export function openMenu(anchor, items, label) {
  shut();
  const checkable = items.some((item) => item.checked !== undefined);
  const nodes = items.map((item) => entry(item, checkable, () => { shut(); item.pick(); }));
  const empty = items.length === 0 ? h("p", { class: "menu-empty" }, "Nothing here.") : null;
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label, tabindex: "-1", data: { testid: "menu" } }, nodes, empty);

  const outside = (event) => { if (!menu.contains(event.target) && !anchor.contains(event.target)) shut(); };
  shut = () => {
    shut = () => {};
    document.removeEventListener("pointerdown", outside, true);
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    anchor.focus({ preventScroll: true });
  };
  menu.addEventListener("keydown", (event) => keys(event, nodes));
  document.addEventListener("pointerdown", outside, true);
  anchor.setAttribute("aria-expanded", "true");
  topLayer().append(menu);
  stand(menu, anchor);
  (nodes.find((node) => node.getAttribute("aria-checked") === "true") ?? nodes[0] ?? menu).focus();
}

/** @param {Item} item @param {boolean} checkable */
function entry(item, checkable, pick) {
  const words = [h("span", { class: "menu-label" }, item.label),
    item.description ? h("span", { class: "menu-description" }, item.description) : null];
  return h("button", {
    type: "button",
    class: item.danger ? "menu-item danger" : "menu-item",
    role: checkable ? "menuitemradio" : "menuitem",
    "aria-checked": checkable ? String(Boolean(item.checked)) : null,
    "aria-disabled": item.disabled ? "true" : null,
    tabindex: "-1",
    data: item.data ?? {},
    on: { click: () => { if (!item.disabled) pick(); } },
  }, checkable ? h("span", { class: "tick", "aria-hidden": "true" }, item.checked ? "✓" : "") : null, h("span", { class: "menu-words" }, words));
}

function keys(event, nodes) {
  const at = nodes.indexOf(document.activeElement);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  if (event.key in steps) nodes.at(steps[event.key] % nodes.length)?.focus();
  else if (event.key === "Escape" || event.key === "Tab") shut();
  else if (event.key.length === 1 && event.key !== " ") {
    const later = [...nodes.slice(at + 1), ...nodes.slice(0, at + 1)];
    later.find((node) => node.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    return;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Put the menu below its button, or above it where there is no room, and keep it on the screen. */
function stand(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= innerHeight;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
}
