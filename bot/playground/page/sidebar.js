/** The left column: the workspace, who you are, the app, the channels. */

import { fill, h, reconcile } from "/static/dom.js";
import { wanted } from "/static/guide.js";
import { openMenu } from "/static/menu.js";
import { send } from "/static/net.js";
import { goHome, goTo, pane } from "/static/route.js";
import { become } from "/static/session.js";
import { amIn, myself, person, state, unread } from "/static/store.js";
import { toast } from "/static/toast.js";

/** Who a person is, in words; the kind stands there once. */
function about({ kind, hint = "", can_act: able }) {
  const named = hint.toLowerCase().includes(kind);
  return [named ? null : kind, hint, able === false && !hint ? "cannot act" : null].filter(Boolean).join(" · ");
}

/** Open the list of everybody one may be. */
function choosePerson(anchor) {
  const items = [...state.people.values()].filter((one) => one.kind !== "bot").map((one) => ({
    label: one.id === wanted() ? `${one.real_name} ← the guide's next` : one.real_name,
    description: about(one),
    checked: one.id === state.me,
    data: { person: one.id },
    pick() {
      become(one.id);
      pane("main");
    },
  }));
  openMenu(anchor, items, "Be another person");
}

function switcher() {
  const me = myself();
  const node = h("button", {
    type: "button", class: "switcher", "aria-haspopup": "menu", "aria-expanded": "false", data: { testid: "person-switcher", person: me.id },
    on: { click: () => choosePerson(node) },
  }, h("span", {}, "You are ", h("strong", {}, me.real_name), " ▾"), h("small", {}, about(me)));
  return node;
}

/** One line of the list. */
function row({ label, here, count = 0, called = false, go, data }) {
  const marks = count ? h("span", { class: called ? "count called" : "count" }, String(count), h("span", { class: "unseen" }, called ? " unread, you were mentioned" : " unread")) : null;
  return h("button", {
    type: "button", class: count ? "row fresh-row" : "row", "aria-current": here ? "page" : null, data, on: { click: go },
  }, h("span", { class: "row-label" }, label), marks);
}

function channelRow(place) {
  const sign = place.kind === "im" ? "@" : "#";
  const name = place.kind === "im" ? person(place.with).real_name : place.name;
  return {
    key: place.id,
    label: `${sign} ${name}${place.kind === "private" ? " (private)" : ""}${amIn(place) ? "" : " (not joined)"}`,
    here: state.place.kind === "channel" && state.place.channel === place.id,
    ...unread(place.id),
    go: () => goTo(place.id),
    data: { testid: "channel-link", channel: place.id },
  };
}

async function openDm() {
  const known = state.channels.find((place) => place.kind === "im" && place.with === state.bot.user_id);
  if (known) return goTo(known.id);
  const answer = await send("dm", state.me, {});
  if (answer.ok) return goTo(answer.channel);
  return toast("error", answer.error ?? "The conversation could not be opened.");
}

/** All lines, in order. */
function rows() {
  const bot = person(state.bot.user_id);
  const dms = state.channels.filter((place) => place.kind === "im");
  const dm = dms.find((place) => place.with === state.bot.user_id);
  const here = dm !== undefined && state.place.kind === "channel" && state.place.channel === dm.id;
  return [
    { key: "app", heading: "App" },
    { key: "home", label: `⌂ ${bot.real_name} Home`, here: state.place.kind === "home", go: goHome, data: { testid: "open-home" } },
    { key: "dm", label: `@ ${bot.real_name}`, here, ...(dm ? unread(dm.id) : {}), go: openDm, data: { testid: "open-dm", channel: dm?.id } },
    { key: "channels", heading: "Channels" },
    ...state.channels.filter((place) => place.kind !== "im").map(channelRow),
    ...(dms.length > (dm ? 1 : 0) ? [{ key: "dms", heading: "Direct messages" }] : []),
    ...dms.filter((place) => place !== dm).map(channelRow),
  ];
}

/** Draw the sidebar. @param {HTMLElement} node */
export function drawSidebar(node) {
  if (!node.firstChild) fill(node, h("div", { class: "workspace" }), h("div", { class: "me" }), h("div", { class: "rows" }), h("p", { class: "online", data: { testid: "bot-online" } }));
  const [workspace, me, list, online] = node.children;
  workspace.textContent = "Playground workspace";
  reconcile(me, [myself()], { key: () => "me", sign: (one) => JSON.stringify(one), draw: switcher });
  reconcile(list, rows(), {
    key: (one) => one.key,
    sign: ({ go, ...rest }) => JSON.stringify(rest),
    draw: (one) => (one.heading ? h("h2", { class: "rows-heading" }, one.heading) : row(one)),
  });
  const { name } = person(state.bot.user_id);
  online.textContent = state.bot.online ? `● ${name} is online` : `○ ${name} is not connected`;
}
