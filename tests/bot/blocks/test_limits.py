import json
import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import example, given, settings, strategies as st

from agent_core.checkpoint import Card, CardState
from agent_core.people import People, Person
from agent_core.phases import AwaitingApproval, Finished, OutcomeUnknown, Phase
from agent_core.proposal import Approval, Proposal, Requirement, canonical
from agent_core.words import Json, LessonId, PersonId
from bot.blocks.cards import CardView, card, parent_message, privately, say
from bot.blocks.kit import BLOCKS_CHARS, divider, fitting, size_of, written
from tests.bot.blocks.corpora import rows
from tests.bot.blocks.faces import FACES, LIMITS, SPEC, SUMMARY, calling, face, mark
from tests.bot.blocks.reading import as_slack, boxes, kinds_of_text, objects, texts
from tests.examples import NOON, OUTCOME_UNKNOWN, QUESTION, RUN, SCORE, THINKING, WAITING, person

WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.builds(
        lambda piece, times: piece * times,
        st.sampled_from(["x", "部", "\U0001f9e8", "\u202e", "\n", "\\", "\U000e0061", "<!channel> ", " ", '"']),
        st.integers(0, 3_000),
    ),
)
VISIBLE = st.text(st.characters(exclude_characters="\x7f"))  # no card has that one as it is
PEOPLE = st.integers(0, 40).map(lambda n: tuple(PersonId(f"U0PERSON{index:03}") for index in range(n)))
SETS = st.builds(
    People,
    users=PEOPLE.map(frozenset),
    usergroups=st.sampled_from([frozenset(), frozenset({"S0ONCALL"})]),
    channel_members=st.booleans(),
)
NEEDS = st.lists(
    st.builds(Requirement, rule=WORDS, approvers=SETS, quorum=st.integers(1, 9), stage=st.integers(0, 2)), max_size=8
).map(tuple)


def approvals(people: tuple[PersonId, ...], note: str) -> tuple[Approval, ...]:
    """Have these people approve, each with a note."""
    members: list[Person] = [person(who) for who in people]
    return tuple(Approval(by=member, at=NOON, counts_for=(0, 1, 2), note=note) for member in members)


@st.composite
def proposals(draw: st.DrawFn) -> Proposal:
    """Make a proposal of any size and with any words."""
    args = draw(st.dictionaries(WORDS, WORDS | st.lists(WORDS, max_size=3), max_size=4))
    old = draw(st.none() | st.dictionaries(WORDS, WORDS, max_size=12).map(canonical))
    return replace(
        calling(args, draw(WORDS)),
        thought=draw(WORDS),
        expect=draw(WORDS),
        requirements=draw(NEEDS),
        approvals=approvals(draw(PEOPLE), draw(WORDS)),
        because=tuple(draw(st.lists(WORDS, max_size=3))),
        taught=tuple(map(LessonId, draw(st.lists(WORDS, max_size=3)))),
        advice=tuple(draw(st.lists(WORDS, max_size=9))),
        editor=draw(st.none() | st.just(PersonId("U0EDITOR"))),
        edit_note=draw(WORDS),
        original_json=old,
        allowed=draw(st.booleans()),
    )


@st.composite
def views(draw: st.DrawFn) -> CardView:
    """Make a card in any state, of any proposal, with any words."""
    proposal = draw(proposals())
    base = face(draw(st.sampled_from(get_args(CardState))), AwaitingApproval(proposal=proposal), proposal)
    run = replace(RUN, call=proposal.call, excerpt=draw(WORDS), approved_by=draw(PEOPLE))
    score = replace(SCORE, evidence=draw(WORDS), because=tuple(draw(st.lists(WORDS, max_size=9))), why=draw(WORDS))
    question = replace(QUESTION, text=draw(WORDS), options=tuple(draw(st.lists(WORDS, max_size=20))))
    shown: Card = replace(
        base.card,
        run=draw(st.sampled_from([None, run])),
        score=draw(st.sampled_from([None, score, replace(score, overridden_by=PersonId("U0LEAD"))])),
        question=draw(st.sampled_from([None, None, None, question])),
        proposal=draw(st.sampled_from([proposal, proposal, None])),
        by=draw(PEOPLE),
        words=draw(WORDS),
    )
    phases: tuple[Phase, ...] = (
        AwaitingApproval(proposal=proposal),
        THINKING,
        replace(OUTCOME_UNKNOWN, excerpt=draw(WORDS)),
    )
    return replace(base, card=shown, checkpoint=replace(base.checkpoint, phase=draw(st.sampled_from(phases))))


@given(views())
@settings(max_examples=120, deadline=None)
def test_slack_takes_any_card(view: CardView) -> None:
    """A refused post is a step nobody can decide on: no words, names or sizes may lead to one."""
    rendered = card(view)
    assert size_of(as_slack(rendered.blocks)) <= BLOCKS_CHARS
    assert kinds_of_text(rendered.blocks) <= {"plain_text", "text"}
    assert "<" not in rendered.text


@given(WORDS, WORDS, st.lists(WORDS, max_size=12))
@settings(max_examples=40, deadline=None)
def test_slack_takes_any_last_message_and_any_words_of_ours(purpose: str, why: str, learned: list[str]) -> None:
    """However much a task did and learned."""
    deeds = tuple(replace(SUMMARY.deeds[1], tool=words) for words in learned)
    view = FACES["final"]
    view = replace(
        view,
        card=replace(view.card, words=why),
        checkpoint=replace(WAITING, purpose=purpose, phase=Finished(how="failed", why=why, at=NOON)),
        summary=replace(SUMMARY, deeds=deeds, learned=tuple(learned), course=""),
    )
    for rendered in (card(view), parent_message(purpose, PersonId("U0LEAD")), say(why)):
        assert size_of(as_slack(rendered.blocks)) <= BLOCKS_CHARS
        assert rendered.text


@given(WORDS)
@settings(max_examples=40, deadline=None)
def test_slack_takes_anything_that_is_said_to_one_person_and_obeys_none_of_it(words: str) -> None:
    """It may quote whatever a person, a model or a tool has written."""
    rendered = privately(words)
    assert size_of(as_slack(rendered.blocks)) <= BLOCKS_CHARS
    assert not set("<>") & set(rendered.text)
    assert not re.search(r"&(?!amp;|lt;|gt;)", rendered.text)


@given(st.recursive(VISIBLE, lambda inner: st.lists(inner) | st.dictionaries(VISIBLE, inner), max_leaves=20))
@example("\ud83d")
def test_json_is_written_so_that_it_reads_the_same_and_counted_no_shorter_than_slack_may_count_it(value: Json) -> None:
    """Half of a surrogate pair is a text like any other to Python, and to the standard library's JSON."""
    assert json.loads(written(value)) == value
    assert size_of([{"value": value}]) >= len(json.dumps([{"value": value}]))


@pytest.mark.parametrize(("rooms", "taken"), [((100, 1), 100), ((1_000, 100, 1), 100), ((1_000, 900), 900)])
def test_blocks_are_drawn_in_the_first_room_in_which_slack_takes_them(rooms: tuple[int, ...], taken: int) -> None:
    """The last is taken as it is: its callers have made it small enough."""
    assert len(fitting(lambda most: (divider(),) * most, rooms)) == taken


INJECTIONS = rows("slack-mrkdwn-injection")


@pytest.mark.parametrize("row", INJECTIONS, ids=lambda row: str(row["name"]))
def test_no_injection_stands_where_slack_reads_markup(row: dict[str, str]) -> None:
    """Wherever the text comes in, it stays in plain or rich text, and never reaches the fallback."""
    text = row["text"]
    proposal = replace(calling({"a": text, text: 1}), thought=text, expect=text, advice=(text,), edit_note=text)
    for name in ("waiting", "rejected", "unknown", "review", "answered", "final"):
        view = FACES[name]
        shown = replace(view.card, words=text, proposal=proposal if view.card.proposal else None)
        if shown.run and shown.score:
            shown = replace(shown, run=replace(shown.run, excerpt=text), score=replace(shown.score, evidence=text))
        rendered = card(replace(view, card=shown, checkpoint=replace(view.checkpoint, purpose=text)))
        blocks = as_slack(rendered.blocks)
        assert kinds_of_text(blocks) <= {"plain_text", "text"}
        assert not any(one.get("emoji") for one in objects(blocks))
        assert not any(never in rendered.text for never in row["never"])
    assert not any(never in say(text).text + parent_message(text, PersonId("U0X")).text for never in row["never"])


@pytest.mark.parametrize("row", [row for row in INJECTIONS if "fence" in row["name"]], ids=lambda row: str(row["name"]))
def test_a_fence_stays_in_its_one_box(row: dict[str, str]) -> None:
    """What imitates a field of the card stands inside the arguments, visibly."""
    proposal = calling({"a": row["text"]})
    view = CardView(
        checkpoint=replace(WAITING, phase=AwaitingApproval(proposal=proposal)),
        card=replace(FACES["waiting"].card, proposal=proposal),
        limits=LIMITS,
        mark=mark,
        spec=SPEC,
    )
    blocks = as_slack(card(view).blocks)
    assert len(boxes(blocks)) == 1
    assert sum("Risk: none" in text for text in texts(blocks)) <= 1


def test_a_call_that_nobody_can_tell_of_shows_what_it_printed() -> None:
    """It is what people have to go by."""
    phase: OutcomeUnknown = replace(OUTCOME_UNKNOWN, excerpt="Stopping cart")
    view = face("unknown", phase, phase.proposal, about="unknown", words="The worker died.")
    assert "Stopping cart" in boxes(as_slack(card(view).blocks))[1]
