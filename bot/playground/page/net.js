/**
 * The wire: one websocket that brings frames, and one POST per deed.
 *
 * A lost socket is opened again after 0.25 s, then twice as long each time up to 3 s; the server begins each
 * connection with a whole snapshot, so nothing has to be caught up on. A socket that belongs to a person who
 * is no longer "you" is ignored.
 */

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;

/** The text of a <meta>, or null where the server wrote nothing in the place of its {{name}}. */
export function meta(name) {
  const all = [...document.querySelectorAll(`meta[name="${name}"]`)].map((node) => node.content.trim());
  return all.find((text) => text !== "" && !text.startsWith("{{")) ?? null;
}

const token = meta("page-token") ?? "";

/** Listeners for a successful deed; the guide uses it to know which step was done. */
const watchers = new Set();
export const onDeed = (watcher) => watchers.add(watcher);

/**
 * Send one deed of a person to the server.
 * @param {string} verb
 * @param {string} as user id
 * @param {Record<string, any>} body
 * @returns {Promise<{ok: boolean, error?: string, [field: string]: any}>}
 */
export async function send(verb, as, body) {
  let answer;
  try {
    const response = await fetch(`/api-page/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json; charset=utf-8", "X-Page-Token": token },
      body: JSON.stringify({ ...body, as }),
    });
    answer = await response.json();
  } catch {
    // A network error or a body that is no JSON: the server is away, or it is not the playground.
    return { ok: false, error: "The playground's server did not answer. Is it still running?" };
  }
  if (answer.ok) for (const watcher of watchers) watcher(verb, body, as);
  return answer;
}

/**
 * Keep a websocket open for one person.
 * @param {(frame: any) => void} onFrame
 * @param {(up: boolean, attempts: number) => void} onState
 */
export function connection(onFrame, onState) {
  let generation = 0;
  let attempts = 0;
  let timer = 0;
  /** @type {WebSocket | null} */
  let socket = null;

  function open(as) {
    const mine = ++generation;
    clearTimeout(timer);
    socket?.close();
    const query = new URLSearchParams({ as, token });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/ws?${query}`);
    socket.addEventListener("message", (event) => {
      if (mine !== generation) return;
      attempts = 0;
      onState(true, 0);
      onFrame(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (mine !== generation) return;
      attempts += 1;
      onState(false, attempts);
      timer = setTimeout(() => open(as), Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1)));
    });
  }
  return { open };
}
