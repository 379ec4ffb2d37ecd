"""What a task keeps of long arguments once they were used: that they were long. Pure.

A checkpoint holds many calls (cards, recent runs, rejections), and a call's arguments may be 200 KB; kept in full they
would fill the store's cap, and the next result could not be recorded. What waits or runs, the newest run and the
journal have them whole.
"""

from agent_core.checkpoint import Card
from agent_core.proposal import Call, Proposal, StepRun, canonical
from agent_core.values import replace

KEPT_BYTES = 4_000


def brief_args(args_json: str) -> str:
    """Give arguments as they are, or an object that says how long they were."""
    size_bytes = len(args_json.encode("utf-8", "surrogatepass"))
    return args_json if size_bytes <= KEPT_BYTES else canonical({"left out": f"{size_bytes} bytes"})


def brief_call(call: Call) -> Call:
    """Give a call without arguments that are too long to be kept."""
    args_json = brief_args(call.args_json)
    return call if args_json is call.args_json else replace(call, args_json=args_json)


def brief_run(run: StepRun) -> StepRun:
    """Give a run without arguments that are too long to be kept."""
    call = brief_call(run.call)
    return run if call is run.call else replace(run, call=call)


def brief_proposal(proposal: Proposal) -> Proposal:
    """Give a spent proposal without arguments that are too long to be kept."""
    call = brief_call(proposal.call)
    return proposal if call is proposal.call else replace(proposal, call=call)


def brief_card(card: Card) -> Card:
    """Give the face of a card on which nothing is decided any more."""
    proposal = brief_proposal(card.proposal) if card.proposal else None
    run = brief_run(card.run) if card.run else None
    return card if proposal is card.proposal and run is card.run else replace(card, proposal=proposal, run=run)
