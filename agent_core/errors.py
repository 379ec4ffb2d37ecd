"""The two ways of saying no. ``Refused``: we mean it, nothing changed, a person is told why and what instead.

``Broken``: a defect of ours. It carries identifiers and kinds as facts, never people's text, so that it may be logged.
"""


class Refused(Exception):
    """Say no to a person; nothing was changed.

    ``words`` is why not, ``instead`` what to do; both are shown unchanged. ``field`` names the input of a modal at
    which the words belong.
    """

    def __init__(self, words: str, instead: str = "", *, field: str | None = None) -> None:
        """Keep the two sentences and the place where they are shown."""
        super().__init__(words)
        self.words = words
        self.instead = instead
        self.field = field

    @property
    def sentence(self) -> str:
        """Both sentences as one line."""
        return f"{self.words} {self.instead}".strip()


class Broken(Exception):
    """Report a defect of ours by a law that does not hold and the facts that show it."""

    def __init__(self, law: str, **facts: str | int | None) -> None:
        """Keep the law that was broken and the identifiers involved."""
        super().__init__(f"{law}: " + ", ".join(f"{name}={value!r}" for name, value in facts.items()))
        self.law = law
        self.facts = facts


PHASE_WORDS = {
    "absent": "There is no task in this thread.",
    "opening": "This task is still being opened.",
    "thinking": "The agent is choosing the next step.",
    "awaiting_approval": "A step is waiting for a decision.",
    "acting": "A step is running.",
    "scoring": "The last step is being scored.",
    "awaiting_score_review": "A score is waiting for review.",
    "awaiting_answer": "The agent is waiting for an answer.",
    "outcome_unknown": "It is not known whether the last step happened.",
    "paused": "The task is paused.",
    "finished": "The task is finished.",
}

INSTEAD = {
    "absent": "Start one with /agent and what you want done.",
    "opening": "Try again in a moment.",
    "thinking": "Wait for the next card.",
    "awaiting_approval": "Decide on the newest card.",
    "acting": "Wait until the step has ended.",
    "scoring": "Wait for the score.",
    "awaiting_score_review": "Accept the score or override it.",
    "awaiting_answer": "Answer the question on the newest card.",
    "outcome_unknown": "Say on the card whether it happened.",
    "paused": "Resume it first.",
    "finished": "Start a new task.",
}


def too_late() -> Refused:
    """Refuse a decision on a proposal that has expired."""
    return Refused(
        "The time to decide is over, so the step was not run.", "Start the task again if it is still needed."
    )


def not_due() -> Refused:
    """Refuse a timer that came before its time."""
    return Refused("Nothing is due.", "It is looked at again in its time.")


def not_now(phase: str, what: str) -> Refused:
    """Refuse an input that this phase has no use for."""
    return Refused(f"{PHASE_WORDS[phase]} So “{what.replace('_', ' ')}” does nothing now.", INSTEAD[phase])
