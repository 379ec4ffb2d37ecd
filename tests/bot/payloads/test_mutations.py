import copy
from collections.abc import Iterator
from typing import Any

import pytest

from bot.payloads import BlockActions, Ignored, Malformed, Payload, ViewClosed, ViewSubmission, parse
from tests.bot.payloads.samples import kind_of, sample

TEMPLATES = (
    "slash-command/command-enterprise-workspace.json",
    "block-actions/button-in-message-attachment.json",
    "block-actions/button-in-view-with-confirm.json",
    "view-submission/many-inputs.json",
    "view-closed/closed-modal-is-cleared.json",
    "shortcut/message-shortcut.json",
    "message-event/thread-broadcast.json",
    "app-mention/mention.json",
    "lifecycle/tokens-revoked-both.json",
)
MISSING = object()
MUTATIONS: tuple[object, ...] = (
    *(MISSING, None, True, False, 0, -1, 2**63, 1.5, "", "x"),
    *("\0", "\ud800", "é" * 5000, "1.1", [], {}, [None], {"id": {}}, [[]], {"": [1]}),
)
Path = tuple[str | int, ...]


def paths(value: object, here: Path = ()) -> Iterator[Path]:
    """Name every place in a payload, itself too."""
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from paths(part, (*here, step))


def mutated(body: dict[str, Any], path: Path, mutation: object) -> dict[str, Any]:
    """Put something else in one place."""
    changed = copy.deepcopy(body)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    if mutation is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = copy.deepcopy(mutation)
    return changed


def ask_everything(payload: Payload) -> None:
    """Ask a payload all that the listeners ask, which must not raise anything but Malformed."""
    ours = {name for model in type(payload).__mro__ if model.__module__.startswith("bot.") for name in vars(model)}
    for name in ours:
        if isinstance(getattr(type(payload), name, None), property):
            try:
                getattr(payload, name)
            except Malformed:
                assert name == "key"  # it reads what we hung on a modal, so it may refuse
    if isinstance(payload, BlockActions):
        for action in payload.actions:
            assert action.name
            assert action.chosen is None or isinstance(action.chosen, (str, list))
    if isinstance(payload, (ViewSubmission, ViewClosed)):
        payload.values()


@pytest.mark.parametrize("name", TEMPLATES)
def test_g12_no_mutation_of_any_field_is_an_error_of_ours(name: str) -> None:
    """Right JSON, wrong types: read, ignored or refused, and whatever was read can be asked anything."""
    body = sample(name)
    outcomes: dict[str, int] = {}
    for path in paths(body):
        for mutation in MUTATIONS if path else ():
            try:
                payload = parse(kind_of(name), mutated(body, path, mutation))
            except Malformed as wrong:
                assert str(wrong).isascii()  # noqa: PT017  it is one of two right answers
                outcomes["malformed"] = outcomes.get("malformed", 0) + 1
                continue
            outcomes[type(payload).__name__] = outcomes.get(type(payload).__name__, 0) + 1
            if not isinstance(payload, Ignored):
                ask_everything(payload)
    assert outcomes["malformed"] > 20
    assert len(outcomes) > 1


@pytest.mark.parametrize("body", [{}, {"type": None}, {"type": []}, {"type": "event_callback"}])
def test_a_body_that_does_not_say_what_it_is_is_refused(body: dict[str, Any]) -> None:
    """There is no kind to fall back on."""
    for kind in ("event", "interaction"):
        outcome: object
        try:
            outcome = parse(kind, body)
        except Malformed:
            continue
        assert (kind, outcome) == ("interaction", Ignored(reason="unknown_interaction"))
