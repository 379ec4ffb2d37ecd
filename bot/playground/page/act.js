/**
 * A press or a pick on a Block Kit element becomes one `click`.
 *
 * In a view what was typed so far goes first, since the payload carries the view's state. A second press is
 * not held back: Slack sends both, and the app must cope. A confirm object is asked before anything is sent.
 */

import { ask } from "/static/dialog.js";
import { send } from "/static/net.js";
import { state } from "/static/store.js";
import { toast } from "/static/toast.js";

/**
 * @typedef {{type: "message" | "ephemeral" | "view" | "home", channel?: string, ts?: string, view_id?: string}} Container
 * @typedef {{container: Container, fields: import("/static/fields.js").Fields}} Surface
 */

/**
 * @param {Surface} surface
 * @param {{node: HTMLElement, blockId: string, element: any}} source
 * @param {Record<string, any>} picked `value` of a button; `option` and `selected` of everything else
 * @returns {Promise<boolean>} whether it was sent and taken
 */
export async function act(surface, { node, blockId, element }, picked) {
  if (element.confirm && !(await ask(element.confirm))) return false;
  const as = state.me;
  const { container, fields } = surface;
  node.setAttribute("aria-busy", "true");
  try {
    if (container.view_id) await send("view_input", as, { view_id: container.view_id, values: fields.typed() });
    const answer = await send("click", as, { container, block_id: blockId, action_id: element.action_id, ...picked });
    if (!answer.ok) toast("error", answer.error ?? "That did not work.");
    node.toggleAttribute("data-failed", !answer.ok);
    return answer.ok;
  } finally {
    node.removeAttribute("aria-busy");
  }
}
