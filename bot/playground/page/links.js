/** Names and links inside text: people, channels, addresses. A link out learns nothing about this page. */

import { h } from "/static/dom.js";
import { follow, permalink } from "/static/route.js";
import { channel as channelOf, person, state } from "/static/store.js";

/** A person's name with the mark of being called. */
export function userMention(id, label = null) {
  const known = state.people.has(id) ? person(id).real_name : (label ?? id);
  const mine = id === state.me ? "mention mention-me" : "mention";
  return h("span", { class: mine, data: { user: id } }, `@${known.replace(/^@/, "")}`);
}

/** A user group's handle. */
export function groupMention(id, label = null) {
  const name = state.usergroups.get(id) ?? label ?? id;
  return h("span", { class: "mention", data: { usergroup: id } }, `@${name.replace(/^@/, "")}`);
}

/** A channel's name, as a way to it where this person may go there. */
export function channelMention(id, label = null) {
  const known = channelOf(id);
  const name = `#${known?.name ?? label ?? "private-channel"}`;
  return known ? h("a", { class: "mention", href: `#${id}` }, name) : h("span", { class: "mention" }, name);
}

/** A link out, which learns nothing about this page; a permalink opens here instead. */
export function link(url, label = null) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return document.createTextNode(label ? `${label} (${url})` : url);
  const inside = permalink(url);
  if (inside !== null && channelOf(inside.channel)) {
    const open = (event) => { event.preventDefault(); follow(inside); };
    return h("a", { href: url, title: url, on: { click: open } }, label ?? url);
  }
  return h("a", { href: url, title: url, target: "_blank", rel: "noopener noreferrer nofollow" }, label ?? url);
}
