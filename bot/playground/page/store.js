/**
 * What this page knows: the last snapshot, and the frames that came after it.
 *
 * `apply` is the only writer of what came from the server, `go` the only writer of where the reader is. After
 * each change every subscriber draws once, in a microtask. Reading never changes anything, except `markRead`.
 */

export const state = {
  me: "",
  people: new Map(),
  /** user group id -> its handle */
  usergroups: new Map(),
  channels: [],
  /** channel id -> ts -> message */
  messages: new Map(),
  /** ts -> message only this person can see */
  ephemerals: new Map(),
  views: [],
  /** view id -> block id -> text */
  errors: new Map(),
  home: null,
  commands: [],
  shortcuts: [],
  bot: { user_id: "", online: false },
  delivery: null,
  /** @type {{kind: "channel" | "home", channel: string | null, thread: string | null}} */
  place: { kind: "channel", channel: null, thread: null },
  ready: false,
};

const subscribers = new Set();
let planned = false;

export const subscribe = (draw) => subscribers.add(draw);

/** Draw everything once, soon. */
export function changed() {
  if (planned) return;
  planned = true;
  queueMicrotask(() => {
    planned = false;
    for (const draw of subscribers) draw();
  });
}

const writers = {
  snapshot(frame) {
    state.me = typeof frame.me === "string" ? frame.me : frame.me.id;
    state.people = new Map(frame.people.map((person) => [person.id, person]));
    state.usergroups = new Map(frame.usergroups.map((group) => [group.id, group.handle]));
    state.channels = frame.channels;
    state.messages = new Map(Object.entries(frame.messages).map(([channel, list]) =>
      [channel, new Map(list.map((message) => [message.ts, message]))]));
    state.ephemerals = new Map(frame.ephemerals.map((message) => [message.ts, message]));
    state.views = frame.views;
    state.home = frame.home;
    state.commands = frame.commands;
    state.shortcuts = frame.shortcuts;
    state.bot = frame.bot;
    state.ready = true;
    // Another person may not see where the last one was.
    if (!channel(state.place.channel)) state.place = { ...state.place, channel: firstChannel(), thread: null };
  },
  message({ channel, message }) {
    if (!state.messages.has(channel)) state.messages.set(channel, new Map());
    state.messages.get(channel).set(message.ts, message);
  },
  message_deleted: ({ channel, ts }) => state.messages.get(channel)?.delete(ts),
  ephemeral: ({ message }) => state.ephemerals.set(message.ts, message),
  ephemeral_deleted: ({ ts }) => state.ephemerals.delete(ts),
  views({ views }) {
    const open = new Set(views.map((view) => view.id));
    for (const id of state.errors.keys()) if (!open.has(id)) state.errors.delete(id);
    state.views = views;
  },
  view_errors: (frame) => state.errors.set(frame.view_id, frame.errors),
  home: ({ view }) => { state.home = view; },
  channels: ({ channels }) => { state.channels = channels; },
  delivery: (frame) => { state.delivery = frame; },
  bot: ({ online }) => { state.bot = { ...state.bot, online }; },
};

/** Take one frame in. Unknown frames are none of our business. @param {{type: string}} frame */
export function apply(frame) {
  writers[frame.type]?.(frame);
  changed();
}

/** Forget a message that only this person saw, as Slack's "Dismiss" does. */
export function dismiss(ts) {
  state.ephemerals.delete(ts);
  changed();
}

// ---- reading

export const person = (id) => state.people.get(id) ?? { id, name: id, real_name: id, kind: "unknown", hint: "" };
export const myself = () => person(state.me);
export const channel = (id) => state.channels.find((candidate) => candidate.id === id);
export const amIn = (place) => (place.members ? place.members.includes(state.me) : place.is_member);

/** The author as the message says it, or as we know the person. */
export function author(message) {
  const known = state.people.get(message.user);
  return {
    name: message.author?.name ?? known?.real_name ?? message.username ?? message.user ?? "unknown",
    kind: message.author?.kind ?? known?.kind ?? (message.bot_id ? "bot" : "member"),
  };
}

const byTs = (a, b) => (a.ts < b.ts ? -1 : 1);
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** All messages of a channel, what only I see included, oldest first. */
export function everything(channelId) {
  const own = [...state.ephemerals.values()].filter((message) => message.channel === channelId);
  return [...(state.messages.get(channelId)?.values() ?? []), ...own].sort(byTs);
}

export const roots = (channelId) => everything(channelId)
  .filter((message) => !isReply(message) || message.subtype === "thread_broadcast");
export const replies = (channelId, ts) => everything(channelId)
  .filter((message) => isReply(message) && message.thread_ts === ts);
export const message = (channelId, ts) => state.messages.get(channelId)?.get(ts);

function firstChannel() {
  const mine = state.channels.filter((candidate) => candidate.kind !== "im" && amIn(candidate));
  return (mine.find((candidate) => candidate.members?.includes(state.bot.user_id)) ?? mine[0])?.id ?? null;
}

// ---- unread marks: kept for each person and place, for as long as the tab lives

const readKey = (channelId, thread) => `read:${state.me}:${channelId}:${thread ?? ""}`;
const lastRead = (channelId, thread) => sessionStorage.getItem(readKey(channelId, thread)) ?? "";
const notMine = (item) => item.user !== state.me;

export const unreadIn = (channelId, thread) => (thread ? replies(channelId, thread) : roots(channelId))
  .filter((item) => notMine(item) && item.ts > lastRead(channelId, thread)).length;

/** Unread messages of a channel, those in its threads included, and whether one of them calls this person. */
export function unread(channelId) {
  const fresh = everything(channelId)
    .filter((item) => notMine(item) && item.ts > lastRead(channelId, isReply(item) ? item.thread_ts : null));
  return { count: fresh.length, called: fresh.some((item) => (item.text ?? "").includes(`<@${state.me}>`)) };
}

/** Remember that everything here was seen. */
export function markRead(channelId, thread) {
  const newest = (thread ? replies(channelId, thread) : roots(channelId)).at(-1)?.ts;
  if (newest && newest > lastRead(channelId, thread)) sessionStorage.setItem(readKey(channelId, thread), newest);
}
