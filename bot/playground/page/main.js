/**
 * The page's beginning, and the one place that draws: state in, nodes out.
 *
 * Each part redraws only what changed, so that drawing everything after every frame costs little and loses
 * neither focus nor typed text.
 */

import { drawBlocks } from "/static/blocks.js";
import { drawComposer } from "/static/composer.js";
import { fill, h, reconcile } from "/static/dom.js";
import { Fields } from "/static/fields.js";
import { drawGuide, loadGuide, toggleGuide } from "/static/guide.js";
import { drawList, rove } from "/static/lists.js";
import { drawModal } from "/static/modal.js";
import { meta, send } from "/static/net.js";
import { pane, readPlace } from "/static/route.js";
import { begin, link } from "/static/session.js";
import { drawSidebar } from "/static/sidebar.js";
import { channel as channelOf, markRead, message, myself, person, replies, roots, state, subscribe } from "/static/store.js";
import { drawThread, leaveThread } from "/static/thread.js";
import { toast } from "/static/toast.js";

const at = (id) => document.getElementById(id);

function drawPlace() {
  const home = state.place.kind === "home";
  const place = channelOf(state.place.channel);
  const bot = person(state.bot.user_id);
  const names = { public: `# ${place?.name}`, private: `# ${place?.name} (private)`, im: `@ ${person(place?.with).real_name}` };
  const title = home ? `${bot.real_name} Home` : names[place?.kind] ?? "No such channel";
  const away = place?.kind !== "im" && place?.members && !place.members.includes(bot.id);
  const more = home || !place ? "" : [place.members ? `${place.members.length} members` : "", away ? `${bot.name} is not in this channel` : ""].filter(Boolean).join(" · ");
  const who = myself().real_name.split(" ")[0];
  reconcile(at("place"), [{ title, more, who }], {
    key: () => "place",
    sign: (words) => JSON.stringify(words),
    draw: () => h("div", { class: "place-row" },
      h("button", { type: "button", class: "icon only-narrow", "aria-label": `Channels and people; you are ${who}`, data: { testid: "open-nav" }, on: { click: () => pane("nav") } }, h("span", { "aria-hidden": "true" }, "☰ ", h("small", {}, who))),
      h("div", { class: "place-words" }, h("h1", {}, title), h("small", {}, more)),
      h("button", { type: "button", class: "icon", "aria-label": "What to try next", title: "What to try next", data: { testid: "guide-toggle" }, on: { click: toggleGuide } }, "?")),
  });
}

let homeOpenedFor = "";
let homeFields = { id: "", fields: new Fields(null) };

/** App Home; each visit is told to the app, as Slack does. */
function drawHome() {
  const here = state.place.kind === "home";
  at("home").hidden = !here;
  at("messages").hidden = here;
  at("composer").hidden = here;
  if (!here || !link.up) homeOpenedFor = "";
  else if (homeOpenedFor !== state.me) {
    homeOpenedFor = state.me;
    send("open_home", state.me, {}).then((answer) => { if (!answer.ok) toast("error", answer.error); });
  }
  if (!here) return;
  const view = state.home;
  const empty = { type: "context", block_id: "empty", elements: [{ type: "plain_text", text: "The app has published nothing here yet." }] };
  if (homeFields.id !== view?.id) homeFields = { id: view?.id, fields: new Fields(state.place.channel) };
  at("home").dataset.viewId = view?.id ?? "";
  homeFields.fields.fit(view?.blocks ?? []);
  drawBlocks(at("home"), view?.blocks ?? [empty], { container: { type: "home", view_id: view?.id }, fields: homeFields.fields });
}

function drawConnection() {
  const node = at("connection");
  node.hidden = link.up || link.attempts === 0;
  const words = `Connection lost. Trying again (${link.attempts})… What you typed is kept.`;
  if (!node.hidden && node.textContent !== words) fill(node, words);
}

function drawDelivery() {
  const { delivery } = state;
  if (delivery === null) return;
  const { name } = person(state.bot.user_id);
  const status = delivery.status ? `HTTP ${delivery.status}` : "no answer";
  at("delivery").textContent = delivery.ok
    ? `${name} acknowledged ${delivery.kind} in ${Math.round(delivery.ms)} ms (${status}).`
    : `⚠ ${name} did not acknowledge ${delivery.kind}: ${status} after ${Math.round(delivery.ms)} ms.`;
}

function draw() {
  drawConnection();
  if (!state.ready) return;
  const { channel, thread, kind } = state.place;
  document.title = `${channelOf(channel)?.name ?? "Playground"} · Playground`;
  if (kind === "channel" && !document.hidden) {
    markRead(channel, null);
    if (thread) markRead(channel, thread);
  }
  drawSidebar(at("sidebar"));
  drawPlace();
  drawGuide(at("guide"));
  drawHome();
  if (kind === "channel") {
    drawComposer(at("composer"), channel, null); // before the list: it takes height, and the list goes to its end
    drawList(at("messages"), channel, roots(channel), false);
  }
  const root = thread && (message(channel, thread) ?? null);
  drawThread(at("thread"), channel, root, root ? replies(channel, thread) : []);
  drawDelivery();
  drawModal();
}

/** F6 goes from one part of the page to the next; Esc leaves the thread, then the list of channels. */
function keys(event) {
  if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
  if (event.key === "Escape") {
    if (state.place.thread && at("thread").contains(document.activeElement)) leaveThread();
    else if (at("app").dataset.pane === "nav") pane("main");
    return;
  }
  if (event.key !== "F6") return;
  event.preventDefault();
  const parts = [...document.querySelectorAll("[data-region]")].filter((node) => node.offsetParent !== null);
  const now = parts.findIndex((node) => node.contains(document.activeElement));
  const next = parts.at((now + (event.shiftKey ? -1 : 1)) % parts.length);
  (next.querySelector("textarea") ?? next.querySelector("button"))?.focus();
}

/** What this is stands there whatever the server adds to it. */
function drawBanner(more) {
  const fixed = at("banner").textContent;
  if (more.includes("not Slack")) at("banner").textContent = more;
  else fill(at("banner"), fixed, h("span", { class: "only-wide" }, ` ${more}`));
}

drawBanner(meta("banner") ?? "");
rove(at("messages"));
document.addEventListener("keydown", keys);
document.querySelector("[data-skip]").addEventListener("click", (event) => {
  event.preventDefault(); // the address holds the place, so a jump must not change it
  at("messages").querySelector("article[tabindex='0']")?.focus();
});
addEventListener("hashchange", readPlace);
document.addEventListener("visibilitychange", draw);
subscribe(draw);
readPlace();
begin();
loadGuide();
