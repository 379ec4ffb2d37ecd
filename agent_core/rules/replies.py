"""What a message in the thread means: a question, an answer, a correction, or nothing that decides. Pure."""

import re
import unicodedata

from agent_core.checkpoint import Checkpoint
from agent_core.errors import Refused, not_now
from agent_core.inputs import Answer, Correct, Inquire, Reply
from agent_core.phases import AwaitingAnswer
from agent_core.rules.approvals import may_correct
from agent_core.rules.book import Rules

REPLY_CHARS = 4000
PICTURES = frozenset({"So", "Sk", "Mn", "Cf"})  # symbols, skin tones, and what joins them
BARE_WORDS = 3  # “yes please ok” decides nothing; a longer sentence says something
BARE = frozenset(
    {
        "ok", "okay", "k", "yes", "y", "yep", "yeah", "sure", "approve", "approved", "lgtm", "go", "+1", "-1", "no",
        "n", "nope", "nah", "stop", "reject", "rejected", "deny", "denied", "fine", "good", "great", "thanks",
        "please", "cancel", "agreed", "done", "not", "nein", "ja", "oui", "non", "si",
    }
)  # fmt: skip
BARE_PHRASES = frozenset(
    {"do it", "go ahead", "ship it", "yes please", "no thanks", "sounds good", "looks good", "not now", "go for it"}
)
EMOJI = re.compile(r":[a-z0-9_+'-]+:")  # as Slack writes them, skin tones among them
WORD_EDGES = re.compile(r"[\s.,;:!…'\"*_~`()]+")


def is_bare(text: str) -> bool:
    """Tell whether words are nothing but assent or dissent, which never decides anything; emoji say no more."""
    plain = "".join(" " if unicodedata.category(char) in PICTURES else char for char in text.casefold())
    folded = WORD_EDGES.sub(" ", EMOJI.sub(" ", plain)).strip()
    words = folded.split()
    return folded in BARE_PHRASES or (
        bool(text.strip()) and len(words) <= BARE_WORDS and all(word in BARE for word in words)
    )


def understood(checkpoint: Checkpoint, reply: Reply) -> Inquire | Answer | Correct:
    """Say what a reply is by the phase that it meets, or raise Refused with what to do instead."""
    text = reply.text.strip()[:REPLY_CHARS]
    phase = checkpoint.phase
    if phase.kind in ("finished", "opening"):
        raise not_now(phase.kind, "reply")
    if text.endswith("?"):
        return Inquire(by=reply.by, text=text)
    if isinstance(phase, AwaitingAnswer) and phase.question.about != "budget":
        return Answer(by=reply.by, text=text, digest=phase.question.digest)
    if is_bare(text):
        raise Refused("Words in the thread never decide a step.", "Use the buttons on the card.")
    return Correct(by=reply.by, text=text)


def check_may_correct(checkpoint: Checkpoint, given: Correct, rules: Rules) -> None:
    """Raise Refused unless these are words, of somebody whose words redirect the task."""
    if not may_correct(checkpoint, given.by, rules):
        raise Refused("Your reply changed nothing.", f"Corrections come from {who_may(rules)}.")
    if not given.text.strip():
        raise Refused("There are no words in your reply.", "Say in words what is to be done differently.")


def who_may(rules: Rules) -> str:
    """Say whose replies redirect a task."""
    return {
        "requester": "the requester",
        "participants": "the requester, this task's approvers and people whom it names",
        "channel_members": "members of this channel",
    }[rules.corrections_by]
