/**
 * Where a person types: Enter sends, Shift+Enter begins a line, `/` and `@` suggest.
 *
 * The draft belongs to a person, a channel and a thread, and outlives reloads and lost connections. It is
 * taken away when it is sent, and given back when the server says no.
 */

import { fill, h } from "/static/dom.js";
import { openMenu } from "/static/menu.js";
import { send } from "/static/net.js";
import { amIn, channel as channelOf, myself, person, state } from "/static/store.js";
import { suggesting } from "/static/suggest.js";
import { toast } from "/static/toast.js";

const draftKey = (channel, thread) => `draft:${state.me}:${channel}:${thread ?? ""}`;

/** Draw the composer of a place, unless it stands there already. */
export function drawComposer(host, channel, thread) {
  const place = channelOf(channel);
  const why = place ? closedBecause(place) : "";
  const key = `${draftKey(channel, thread)}|${why}`;
  if (host.dataset.key === key) return;
  host.dataset.key = key;
  if (place === undefined) fill(host);
  else if (why) fill(host, h("p", { class: "composer-closed", data: { testid: "composer-closed" } }, why));
  else fill(host, build(place, thread));
}

/** Why nothing can be written here, or "". */
function closedBecause(place) {
  const me = myself();
  if (me.can_act === false) return `${me.real_name} cannot act here: ${me.hint || "the account is deactivated"}`;
  return amIn(place) ? "" : `You are not a member of #${place.name}.`;
}

const shownName = (place) => (place.kind === "im" ? person(place.with).real_name : `#${place.name}`);

function build(place, thread) {
  const key = draftKey(place.id, thread);
  const name = thread ? "Reply in the thread" : `Message ${shownName(place)}`;
  const hint = h("p", { class: "composer-error", role: "alert", data: { testid: "composer-error" } });
  const field = h("textarea", {
    rows: 1, placeholder: name, "aria-label": name, value: sessionStorage.getItem(key) ?? "",
    data: { testid: thread ? "thread-composer" : "composer" },
  });
  const go = () => deliver(place.id, thread, field, hint);
  const form = h("form", { class: "composer", on: { submit: (event) => { event.preventDefault(); go(); } } },
    hint, suggesting(field, place), h("div", { class: "composer-foot" }, thread ? null : shortcuts(),
      h("span", { class: "quiet keys" }, "Enter sends, Shift+Enter begins a line"),
      h("button", { type: "submit", class: "btn primary send", data: { testid: thread ? "thread-send" : "send" } }, "Send")));
  field.addEventListener("input", () => {
    sessionStorage.setItem(key, field.value);
    grow(field);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    go();
  });
  queueMicrotask(() => grow(field));
  return form;
}

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 180)}px`;
}

/** Put words into a composer, as if typed. */
export function write(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function deliver(channel, thread, field, hint) {
  const text = field.value.trim();
  if (text === "") return;
  write(field, "");
  hint.textContent = "";
  const command = thread ? null : /^(\/\S+)\s*([\s\S]*)$/.exec(text);
  const answer = command
    ? await send("command", state.me, { channel, command: command[1], text: command[2] })
    : await send("post", state.me, { channel, thread_ts: thread ?? undefined, text });
  if (answer.ok) return;
  hint.textContent = `⚠ ${answer.error ?? "That was not sent."}`;
  if (field.value === "") write(field, text);
}

function shortcuts() {
  const open = () => {
    const mine = state.shortcuts.filter((shortcut) => shortcut.type === "global");
    openMenu(node, mine.map(({ callback_id: id, name }) => ({ label: name, data: { callbackId: id }, pick: () => start(id) })), "Shortcuts");
  };
  const node = h("button", {
    type: "button", class: "icon", "aria-label": "Shortcuts", title: "Shortcuts", "aria-haspopup": "menu", "aria-expanded": "false",
    data: { testid: "shortcuts-menu" }, on: { click: open },
  }, "⚡");
  return node;
}

async function start(id) {
  const answer = await send("shortcut", state.me, { callback_id: id });
  if (!answer.ok) toast("error", answer.error ?? "The shortcut did not start.");
}
