/** The thread at the right; on a narrow screen it covers the channel and has a way back. */

import { drawComposer } from "/static/composer.js";
import { fill, h } from "/static/dom.js";
import { drawList, rove } from "/static/lists.js";
import { goTo } from "/static/route.js";
import { channel as channelOf, state } from "/static/store.js";

/** Close the thread and stand on the message that it hangs on. */
export function leaveThread() {
  const { channel, thread } = state.place;
  goTo(channel);
  document.querySelector(`#messages [data-ts="${CSS.escape(thread)}"]`)?.focus();
}

/** @param {HTMLElement} panel */
function build(panel) {
  const list = h("div", { class: "messages", role: "feed", "aria-label": "Messages of the thread", data: { testid: "thread-messages" } });
  const back = (words, label, kind) => h("button", { type: "button", class: `icon ${kind}`, "aria-label": label, title: label, data: { testid: `thread-${kind}` }, on: { click: leaveThread } }, words);
  fill(panel,
    h("header", { class: "place" }, h("div", { class: "place-row" }, back("‹", "Back to the channel", "only-narrow"),
      h("div", { class: "place-words" }, h("h2", {}, "Thread"), h("small", {})), back("✕", "Close the thread", "only-wide"))),
    list, h("div", { class: "thread-composer" }));
  rove(list);
  return panel;
}

/**
 * @param {HTMLElement} panel
 * @param {string} channel
 * @param {any | null} root the message that the thread hangs on
 * @param {any[]} answers
 */
export function drawThread(panel, channel, root, answers) {
  panel.hidden = root === null || !state.place.thread;
  const app = document.getElementById("app");
  app.classList.toggle("with-thread", !panel.hidden);
  if (panel.hidden) {
    if (app.dataset.pane === "thread") app.dataset.pane = "main";
    delete panel.dataset.thread;
    return;
  }
  if (!panel.firstChild) build(panel);
  if (app.dataset.pane === "main") app.dataset.pane = "thread";
  const [head, list, host] = panel.children;
  const place = channelOf(channel);
  head.querySelector("small").textContent = place?.kind === "im" ? "direct message" : `# ${place?.name ?? channel}`;
  drawComposer(host, channel, root.ts); // before the list: it takes height, and the list goes to its end
  drawList(list, channel, [root, ...answers], true);
  if (panel.dataset.thread === root.ts) return;
  Object.assign(panel.dataset, { channel, thread: root.ts });
  // Who opened it goes on from its newest message: one Tab further are that message's buttons.
  if (!document.querySelector("dialog[open]")) list.querySelector("article[tabindex='0']")?.focus({ preventScroll: true });
}
