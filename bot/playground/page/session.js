/**
 * Who this page is. The address remembers it (`?as=U0RITA`), so two windows can be two people; a link that
 * names nobody is opened as who one was last.
 */

import { connection, meta } from "/static/net.js";
import { apply, changed, state } from "/static/store.js";
import { toast } from "/static/toast.js";

/** Whether the server is heard, and how often in vain it was tried. */
export const link = { up: false, attempts: 0 };

const line = connection(
  (frame) => {
    if (frame.type === "toast") toast(frame.level, frame.text);
    else apply(frame);
    if (frame.type === "snapshot") settle();
  },
  (up, attempts) => {
    if (up === link.up && attempts === link.attempts) return;
    Object.assign(link, { up, attempts });
    changed();
  },
);

/** Be somebody: the server answers with what that person sees. */
export function become(id) {
  const address = new URL(location.href);
  address.searchParams.set("as", id);
  history.replaceState(null, "", address);
  localStorage.setItem("as", id);
  line.open(id);
}

/** Begin as whom the address names. */
export function begin() {
  const asked = new URL(location.href).searchParams.get("as");
  line.open(asked ?? localStorage.getItem("as") ?? meta("first-person") ?? "");
}

/** Put the state's place into the address where the snapshot had to change it. */
function settle() {
  const { kind, channel, thread } = state.place;
  const hash = kind === "home" ? "#home" : `#${channel}${thread ? `/${thread}` : ""}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
}
