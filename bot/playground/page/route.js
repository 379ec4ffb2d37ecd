/**
 * Where the reader is, written in the address: `#C0OPS`, `#C0OPS/1700000000.000100`, `#home`.
 *
 * So reloading stays in place, the browser's back button leaves a thread, and a permalink that the app posted
 * (`…/archives/C0OPS/p1700000000000100?thread_ts=…`) opens here, whatever host it names.
 */

import { changed, state } from "/static/store.js";

const PERMALINK = /^\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/;

/** Read the address. */
export function readPlace() {
  const [where, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (where === "home") state.place = { kind: "home", channel: state.place.channel, thread: null };
  else if (where) state.place = { kind: "channel", channel: where, thread: thread || null };
  changed();
}

/** Go to a channel, or to a thread of it. @param {string} channel @param {string | null} [thread] */
export function goTo(channel, thread = null) {
  location.hash = thread ? `${channel}/${thread}` : channel;
  readPlace(); // at once: a frame that comes before `hashchange` must not draw the old place
  pane(thread ? "thread" : "main");
}

export function goHome() {
  location.hash = "home";
  readPlace();
  pane("main");
}

/** On a narrow screen only one of `nav`, `main` and `thread` is to be seen. */
export function pane(name) {
  document.getElementById("app").dataset.pane = name;
}

/** What a link points to in this workspace, or null. @param {string} url */
export function permalink(url) {
  let parsed;
  try {
    parsed = new URL(url, location.origin);
  } catch {
    return null; // not a URL, so it points nowhere
  }
  const match = PERMALINK.exec(parsed.pathname);
  if (match === null) return null;
  const ts = `${match[2]}.${match[3]}`;
  return { channel: match[1], ts, thread: parsed.searchParams.get("thread_ts") };
}

/** The link to a message, as Slack writes it. */
export function linkTo(channel, message) {
  const reply = message.thread_ts && message.thread_ts !== message.ts;
  const tail = reply ? `?thread_ts=${message.thread_ts}&cid=${channel}` : "";
  return `${location.origin}/archives/${channel}/p${message.ts.replace(".", "")}${tail}`;
}

/** Open what a permalink names and put the focus on it. */
export function follow({ channel, ts, thread }) {
  const hasThread = thread ?? (state.messages.get(channel)?.get(ts)?.reply_count ? ts : null);
  goTo(channel, hasThread);
  const within = hasThread ? "#thread" : "#messages";
  // A task later the new place is drawn: drawing is a microtask.
  setTimeout(() => {
    const node = document.querySelector(`${within} [data-ts="${CSS.escape(ts)}"]`);
    node?.scrollIntoView({ block: "nearest" });
    node?.focus({ preventScroll: true });
  });
}
