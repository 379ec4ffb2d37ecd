/** Toasts: short words that nobody has to answer. The same words within a second are said once. */

import { h, topLayer } from "/static/dom.js";

const STAYS_MS = { info: 6000, warning: 9000, error: 12000 };
const SIGNS = { info: "ℹ", warning: "⚠", error: "⚠" };
const TITLES = { info: "Note", warning: "Warning", error: "Error" };

let last = { text: "", at: 0 };

/** @param {"info" | "warning" | "error"} level @param {string} text */
export function toast(level, text) {
  const now = performance.now();
  if (last.text === text && now - last.at < 1000) return;
  last = { text, at: now };
  const region = document.getElementById("toasts");
  // An open dialog makes everything outside of it inert, so the toasts move in with it.
  topLayer().append(region);
  const close = () => node.remove();
  const node = h("div", { class: `toast ${level}`, role: level === "info" ? "status" : "alert", data: { testid: "toast", level, words: text } },
    h("span", { "aria-hidden": "true" }, SIGNS[level] ?? SIGNS.info),
    h("span", { class: "toast-text" }, h("strong", { class: "unseen" }, `${TITLES[level] ?? TITLES.info}: `), text),
    h("button", { type: "button", class: "icon", "aria-label": "Dismiss", on: { click: close } }, "✕"));
  region.append(node);
  setTimeout(close, STAYS_MS[level] ?? STAYS_MS.info);
}

/** Take a toast away whose words now stand where they belong. */
export function hush(text) {
  for (const node of document.querySelectorAll(".toast")) if (node.dataset.words === text) node.remove();
}

/** Bring the toasts back to the page before a dialog that holds them goes away. */
export function rescueToasts() {
  document.body.append(document.getElementById("toasts"));
}
