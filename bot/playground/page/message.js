/** One message as Slack shows it: who, when, what, and what can be done with it. */

import { drawBlocks } from "/static/blocks.js";
import { ask, askText } from "/static/dialog.js";
import { h } from "/static/dom.js";
import { Fields } from "/static/fields.js";
import { openMenu } from "/static/menu.js";
import { decode, mrkdwn } from "/static/mrkdwn.js";
import { send } from "/static/net.js";
import { goTo, linkTo } from "/static/route.js";
import { author, dismiss, isReply, replies, state, unreadIn } from "/static/store.js";
import { clock } from "/static/times.js";
import { toast } from "/static/toast.js";

const BADGES = { bot: "app", guest: "guest", external: "external", deactivated: "deactivated" };

/** @type {Map<string, Fields>} what was picked in a message that holds inputs */
const picked = new Map();

function surfaceOf(channel, message) {
  const key = `${channel}:${message.ts}`;
  if (!picked.has(key)) picked.set(key, new Fields(channel));
  const type = message.ephemeral ? "ephemeral" : "message";
  return { container: { type, channel, ts: message.ts }, fields: picked.get(key) };
}

/** What a message looks like depends on this, and on nothing else. */
export function sign(channel, message, inThread) {
  const bar = inThread ? null : thread(channel, message);
  return JSON.stringify([message, author(message), bar, state.me]);
}

function thread(channel, message) {
  const all = replies(channel, message.ts).filter((reply) => !reply.ephemeral);
  const count = Math.max(all.length, message.reply_count ?? 0);
  return { count, fresh: count ? unreadIn(channel, message.ts) : 0, last: all.at(-1)?.ts ?? null };
}

/** @param {string} channel @param {any} message @param {boolean} inThread */
export function drawMessage(channel, message, inThread) {
  const { name, kind } = author(message);
  const own = Boolean(message.ephemeral);
  const tools = h("button", {
    type: "button", class: "icon tools", "aria-label": `More actions for the message of ${name}`, "aria-haspopup": "menu", "aria-expanded": "false", title: "More actions",
    data: { testid: "message-menu" }, on: { click: () => openMenu(tools, items(channel, message, inThread), "Message actions") },
  }, "⋯");
  const body = h("div", { class: "message-body" });
  if (message.blocks?.length) drawBlocks(body, message.blocks, surfaceOf(channel, message));
  else body.append(h("div", { class: "words" }, mrkdwn(message.text ?? "")));
  return h("article", {
    class: own ? "message only-you" : "message", tabindex: "-1", "aria-label": `${name}`,
    data: { ts: message.ts, channel, ephemeral: own ? "true" : null, testid: own ? "ephemeral" : "message", user: message.user },
  },
  own ? h("p", { class: "only-you-note" }, "Only visible to you") : null,
  h("div", { class: "message-head" },
    h("span", { class: `avatar ${kind}`, "aria-hidden": "true" }, initials(name)),
    h("strong", { class: "name" }, h("bdi", {}, name)),
    kind in BADGES ? h("span", { class: "badge" }, BADGES[kind]) : null,
    clock(message.ts),
    message.edited && !message.bot_id ? h("span", { class: "edited" }, "(edited)") : null,
    tools),
  body, files(message),
  inThread || own || isReply(message) ? null : threadBar(channel, message));
}

const initials = (name) => name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();

function files(message) {
  if (!message.files?.length) return null;
  return h("ul", { class: "files" }, message.files.map((file) => {
    const url = file.url_private_download ?? file.url_private ?? file.permalink;
    const words = `File: ${file.title ?? file.name ?? file.id}${file.size ? ` · ${file.size} bytes` : ""}`;
    const ours = url && new URL(url, location.origin).origin === location.origin;
    return h("li", {}, ours ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, words) : words);
  }));
}

/** The way into the thread, there as soon as somebody replied. */
function threadBar(channel, message) {
  const { count, fresh, last } = thread(channel, message);
  if (count === 0) return null;
  const words = `${count} ${count === 1 ? "reply" : "replies"}`;
  return h("button", { type: "button", class: "thread-bar", data: { testid: "open-thread" }, on: { click: () => goTo(channel, message.ts) } },
    h("strong", {}, words), fresh ? h("span", { class: "fresh" }, `${fresh} new`) : null,
    last ? h("span", { class: "quiet" }, "last at ", clock(last)) : null, h("span", { class: "quiet" }, "View thread ›"));
}

/** @returns {import("/static/menu.js").Item[]} */
function items(channel, message, inThread) {
  if (message.ephemeral) return [{ label: "Dismiss", pick: () => dismiss(message.ts) }];
  const at = { channel, ts: message.ts };
  const list = [];
  if (!inThread) list.push({ label: "Reply in thread", pick: () => goTo(channel, message.thread_ts ?? message.ts) });
  list.push({ label: "Copy link", pick: () => copy(linkTo(channel, message)) });
  for (const { callback_id: id, name } of state.shortcuts.filter((shortcut) => shortcut.type === "message")) {
    list.push({ label: name, description: "message shortcut", data: { callbackId: id }, pick: () => deed("shortcut", { ...at, callback_id: id }) });
  }
  if (message.user === state.me) {
    list.push({ label: "Edit message", pick: () => edit(at, message) });
    list.push({ label: "Delete message", danger: true, pick: () => remove(at) });
  }
  return list;
}

async function deed(verb, body) {
  const answer = await send(verb, state.me, body);
  if (!answer.ok) toast("error", answer.error ?? "That did not work.");
}

async function edit(at, message) {
  const text = await askText("Edit message", decode(message.text));
  if (text !== null && text !== decode(message.text)) await deed("edit_message", { ...at, text });
}

async function remove(at) {
  const words = { title: "Delete message", text: "Delete this message for everybody?", confirm: "Delete", deny: "Keep" };
  const plain = Object.entries(words).map(([key, text]) => [key, { type: "plain_text", text }]);
  if (await ask({ ...Object.fromEntries(plain), style: "danger" })) await deed("delete_message", at);
}

async function copy(url) {
  try {
    await navigator.clipboard.writeText(url);
    toast("info", "Link copied.");
  } catch {
    toast("info", url); // the browser keeps the clipboard to itself: show what would have been copied
  }
}
