/**
 * The modal stack of the person that this page is: its top view in one native dialog.
 *
 * The server owns the stack: a view opens, changes, or goes away only by its frames. What was typed is kept
 * for each view here, so that an update, a push and a pop, or a lost connection keep it.
 */

import { drawBlocks, showErrors } from "/static/blocks.js";
import { openDialog } from "/static/dialog.js";
import { fill, h } from "/static/dom.js";
import { complaint, Fields } from "/static/fields.js";
import { textObject } from "/static/mrkdwn.js";
import { send } from "/static/net.js";
import { state } from "/static/store.js";
import { hush, rescueToasts, toast } from "/static/toast.js";

/** @type {Map<string, Fields>} */
const typed = new Map();
/** @type {{dialog: HTMLDialogElement, parts: Record<string, HTMLElement>, view: any, told: any, from: any} | null} */
let open = null;

/** Make the dialog follow the stack. */
export function drawModal() {
  const alive = new Set(state.views.map((view) => view.id));
  for (const id of typed.keys()) if (!alive.has(id)) typed.delete(id);
  const view = state.views.at(-1);
  if (view === undefined) shut();
  else show(view);
}

function show(view) {
  open ??= build();
  const fresh = open.view?.id !== view.id;
  const { dialog, parts } = open;
  if (fresh) {
    fill(parts.body);
    fill(parts.problem);
    parts.body.scrollTop = 0;
    open.told = null;
  }
  open.view = view;
  dialog.dataset.viewId = view.id;
  dialog.dataset.callbackId = view.callback_id ?? "";
  fill(parts.title, textObject(view.title));
  parts.close.textContent = view.close?.text ?? (state.views.length > 1 ? "Back" : "Cancel");
  parts.submit.hidden = !view.submit;
  parts.submit.textContent = view.submit?.text ?? "Submit";
  const surface = surfaceOf(view);
  surface.fields.fit(view.blocks);
  drawBlocks(parts.body, view.blocks, surface);
  if (fresh) focusFirst();
  const errors = state.errors.get(view.id);
  if (errors && errors !== open.told) showErrors(parts.body, errors);
  open.told = errors;
}

/** The view as something blocks can act on. */
function surfaceOf(view) {
  if (!typed.has(view.id)) {
    typed.set(view.id, new Fields(state.place.channel));
    for (const [block, actions] of Object.entries(view.state?.values ?? {})) {
      for (const [action, entry] of Object.entries(actions)) {
        const raw = rawOf(entry);
        if (raw !== null && raw.length > 0) typed.get(view.id).set(block, action, raw);
      }
    }
  }
  return { container: { type: "view", view_id: view.id }, fields: typed.get(view.id) };
}

/** The raw value in one entry of a view's state, as Slack writes it. */
function rawOf(entry) {
  const many = entry.selected_options?.map((option) => option.value);
  const moment = entry.selected_date ?? entry.selected_time ?? entry.selected_date_time?.toString();
  const one = entry.selected_user ?? entry.selected_conversation ?? entry.selected_channel;
  const several = entry.selected_users ?? entry.selected_conversations ?? entry.selected_channels;
  return many ?? entry.selected_option?.value ?? moment ?? one ?? several ?? entry.value ?? null;
}

function build() {
  const close = () => send("close_view", state.me, { view_id: open.view.id }).then(complain);
  const closeAll = () => send("close_view", state.me, { view_id: open.view.id, all: true }).then(complain);
  const parts = {
    title: h("h2", { id: "modal-title", class: "modal-title" }),
    problem: h("p", { class: "modal-problem", role: "alert", data: { testid: "modal-problem" } }),
    body: h("div", { class: "modal-body", data: { testid: "modal-body" } }),
    close: h("button", { type: "button", class: "btn", data: { testid: "modal-close" }, on: { click: close } }),
    submit: h("button", { type: "submit", class: "btn primary", data: { testid: "modal-submit" } }),
  };
  const exit = h("button", { type: "button", class: "icon", "aria-label": "Close all", title: "Close", data: { testid: "modal-exit" }, on: { click: closeAll } }, "✕");
  const form = h("form", { novalidate: true, on: { submit: (event) => { event.preventDefault(); submit(); } } },
    h("div", { class: "modal-head" }, parts.title, exit), parts.problem, parts.body,
    h("div", { class: "modal-foot" }, parts.close, parts.submit));
  const dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title", data: { testid: "modal" } }, form);
  const from = whereFrom();
  openDialog(dialog, close);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return { dialog, parts, view: null, told: null, from };
}

function complain(answer) {
  if (!answer.ok) toast("error", answer.error ?? "The view could not be closed.");
}

async function submit() {
  const { view, parts } = open;
  if (!view.submit || parts.submit.getAttribute("aria-busy") === "true") return;
  const { fields } = surfaceOf(view);
  const inputs = view.blocks.filter((block) => block.type === "input");
  const values = Object.fromEntries(inputs.map((block) => [block.block_id, fields.get(block.block_id, block.element)]));
  const wrong = Object.fromEntries(inputs.map((block) => [block.block_id, complaint(block, values[block.block_id])]).filter(([, words]) => words));
  fill(parts.problem);
  showErrors(parts.body, wrong);
  if (Object.keys(wrong).length > 0) return;
  parts.submit.setAttribute("aria-busy", "true");
  const answer = await send("submit", state.me, { view_id: view.id, values });
  parts.submit.removeAttribute("aria-busy");
  if (!answer.ok && open?.view.id === view.id) {
    if (answer.errors) showErrors(parts.body, answer.errors);
    else {
      const words = answer.error ?? "We had some trouble connecting. Try again?";
      fill(parts.problem, `⚠ ${words}`);
      hush(words);
    }
  }
}

function shut() {
  if (open === null) return;
  const { dialog, from } = open;
  open = null;
  rescueToasts();
  dialog.close();
  dialog.remove();
  const card = from.ts && document.querySelector(`[data-ts="${CSS.escape(from.ts)}"]`);
  if (from.node?.isConnected) from.node.focus({ preventScroll: true });
  else (card || document.querySelector("textarea"))?.focus({ preventScroll: true });
}

/** What had the focus, so that closing gives it back even when the card was redrawn meanwhile. */
function whereFrom() {
  const node = document.activeElement;
  return { node, ts: node?.closest("[data-ts]")?.dataset.ts };
}

function focusFirst() {
  const wanted = open.dialog.querySelector("[autofocus]") ?? open.parts.body.querySelector("input, select, textarea, button");
  (wanted ?? (open.parts.submit.hidden ? open.parts.close : open.parts.submit)).focus();
}
