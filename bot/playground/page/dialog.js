/**
 * Dialogs over the page: native <dialog>, so that the browser holds the focus inside and the rest inert.
 *
 * Esc is taken as a key, before the browser closes the dialog by itself: what is open is the server's to say.
 */

import { h } from "/static/dom.js";
import { textObject } from "/static/mrkdwn.js";

/** Open a dialog that calls `onEscape` instead of closing by itself. */
export function openDialog(dialog, onEscape) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    onEscape();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Ask, as a Block Kit confirm object asks.
 * @param {{title: any, text: any, confirm: any, deny: any, style?: string}} words
 * @returns {Promise<boolean>}
 */
export function ask(words) {
  const back = document.activeElement;
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      if (back instanceof HTMLElement) back.focus({ preventScroll: true });
      resolve(answer);
    };
    const no = h("button", { type: "button", class: "btn", autofocus: true, data: { testid: "confirm-deny" }, on: { click: () => done(false) } }, words.deny.text);
    const yes = h("button", { type: "button", class: `btn ${words.style ?? "primary"}`, data: { testid: "confirm-yes" }, on: { click: () => done(true) } }, words.confirm.text);
    const dialog = h("dialog", { class: "modal confirm", role: "alertdialog", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text", data: { testid: "confirm" } },
      h("h2", { id: "confirm-title", class: "modal-title" }, textObject(words.title)),
      h("p", { id: "confirm-text", class: "confirm-text" }, textObject(words.text)),
      h("div", { class: "modal-foot" }, no, yes));
    openDialog(dialog, () => done(false));
  });
}

/**
 * Ask for a text.
 * @param {string} title @param {string} text what to begin with
 * @returns {Promise<string | null>} null when it was called off
 */
export function askText(title, text) {
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const field = h("textarea", { class: "control", rows: 4, "aria-label": title, value: text, autofocus: true });
    const form = h("form", { on: { submit: (event) => { event.preventDefault(); done(field.value); } } },
      h("h2", { class: "modal-title" }, title), field,
      h("div", { class: "modal-foot" },
        h("button", { type: "button", class: "btn", on: { click: () => done(null) } }, "Cancel"),
        h("button", { type: "submit", class: "btn primary" }, "Save")));
    const dialog = h("dialog", { class: "modal confirm", "aria-label": title }, form);
    openDialog(dialog, () => done(null));
  });
}
