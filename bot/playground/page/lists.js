/**
 * A list of messages: draws them, keeps the newest in sight for who reads at the end, moves with arrow keys.
 *
 * One message at a time is a tab stop (roving tabindex); what is inside a message is reached with Tab.
 */

import { announce, reconcile } from "/static/dom.js";
import { drawMessage, sign } from "/static/message.js";
import { goTo } from "/static/route.js";
import { author, state } from "/static/store.js";

/** Nearer to the end than this counts as reading at the end. */
const NEAR_PX = 80;

/** @type {WeakMap<Element, {key: string, seen: Set<string>}>} */
const before = new WeakMap();

/**
 * @param {HTMLElement} list
 * @param {string} channel
 * @param {any[]} messages
 * @param {boolean} inThread
 */
export function drawList(list, channel, messages, inThread) {
  const key = `${state.me}:${channel}:${inThread ? messages[0]?.ts : ""}`;
  const known = before.get(list);
  const fresh = known?.key !== key;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
  reconcile(list, messages, {
    key: (message) => `${channel}:${message.ts}`,
    sign: (message) => sign(channel, message, inThread),
    draw: (message) => drawMessage(channel, message, inThread),
  });
  if (!fresh) for (const message of messages) if (!known.seen.has(message.ts)) tell(list, message);
  before.set(list, { key, seen: new Set(messages.map((message) => message.ts)) });
  if (fresh || atEnd) list.scrollTop = list.scrollHeight;
  keepOneStop(list);
}

function tell(list, message) {
  if (message.user === state.me) return;
  const words = list.querySelector(`[data-ts="${CSS.escape(message.ts)}"] .message-body`)?.innerText ?? "";
  announce(`${author(message).name}: ${words.slice(0, 300)}`);
}

/** Exactly one message is a tab stop, and its menu with it: the focused one, else the one before, else the last. */
function keepOneStop(list, wanted = null) {
  const articles = [...list.querySelectorAll("article")];
  const stop = wanted ?? articles.find((article) => article.tabIndex === 0) ?? articles.at(-1);
  for (const article of articles) {
    article.tabIndex = article === stop ? 0 : -1;
    article.querySelector(".tools").tabIndex = article.tabIndex;
  }
}

/** Arrow keys between messages; Enter opens the thread. Called once for each list. */
export function rove(list) {
  list.addEventListener("focusin", (event) => {
    keepOneStop(list, event.target.closest("article"));
  });
  list.addEventListener("keydown", (event) => {
    if (!event.target.matches("article")) return;
    const articles = [...list.querySelectorAll("article")];
    const at = articles.indexOf(event.target);
    const steps = { ArrowDown: Math.min(at + 1, articles.length - 1), ArrowUp: Math.max(at - 1, 0), Home: 0, End: articles.length - 1 };
    if (event.key in steps) articles[steps[event.key]].focus();
    else if (event.key === "Enter" && list.id === "messages") goTo(event.target.dataset.channel, event.target.dataset.ts);
    else return;
    event.preventDefault();
  });
}
