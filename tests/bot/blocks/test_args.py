import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.proposal import Approval, canonical
from bot.blocks.args import PAGE_CHARS, Veil, args_remarks, args_text, changes, fits, json_text, packed, pages, spelled
from bot.blocks.cards import card
from bot.blocks.kit import TEXT_CHARS
from bot.blocks.modals.view_full import view_full_modal
from bot.blocks.modals.why_asked import why_asked_modal
from tests.bot.blocks.faces import LIMITS, SCORED, SPEC, calling, face, mark, waits
from tests.bot.blocks.reading import arguments, as_slack, as_view, boxes, buttons, texts
from tests.examples import APPROVER, NOON, RUN, THINKING

OPEN = Veil(frozenset(), mark)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
STRINGS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.text(st.sampled_from('\n\\" nu2:,{}[]\u202e'), max_size=90),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), STRINGS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
ARGS = st.dictionaries(NAMES, VALUES, max_size=5)
SIZES = st.sampled_from([0, 1, 50, 500, 1_700, 1_799, 1_800, 3_000, 9_001, 30_000, 200_000])
FILLINGS = st.sampled_from(["x", "line\n", "\u202e", "é", "\U000e0061", "\\", " ", '"', "部", "a    b", "\n"])


@given(ARGS)
@settings(max_examples=200)
def test_arguments_are_read_back_from_their_text(args: dict[str, Any]) -> None:
    """Names, types, white space and hidden characters too: nothing is unshown."""
    assert arguments(args_text(args, OPEN)) == args


@given(VALUES)
def test_a_value_for_a_form_is_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """What a person does not touch comes back as it was."""
    assert json.loads(json_text(value)) == value


@given(ARGS, SIZES, FILLINGS)
@settings(max_examples=40, deadline=None)
def test_wherever_approve_stands_every_byte_was_shown(args: dict[str, Any], size: int, filling: str) -> None:
    """On the card itself, or on the last page, after all the others."""
    proposal = calling({**args, "big": (filling * size)[:size]})
    view = waits(proposal)
    blocks = as_slack(card(view).blocks)
    if "approve" in buttons(blocks):
        assert arguments(boxes(blocks)[0]) == proposal.call.args
    whole = pages(proposal, OPEN)
    last = len(whole) - 1
    for page in {0, last // 2, last}:
        modal = as_view(view_full_modal(view.checkpoint, proposal, OPEN, page=page, metadata="{}"))
        assert "".join(boxes(modal)) == whole[page]
        assert ("approve" in buttons(modal)) == (page == last)
        assert ("page_next" in buttons(modal)) == (page < last)
        assert ("page_prev" in buttons(modal)) == (page > 0)
    assert arguments("".join(whole)) == proposal.call.args


@given(st.text(st.sampled_from('a\\\n"\u202e\U000e0061é'), max_size=3_000), st.integers(2_400, 9_000))
@settings(max_examples=50, deadline=None)
def test_pages_put_together_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    """And none ends within an escape."""
    visible = spelled(text)
    parts = packed(visible, most)
    assert "".join(parts) == visible
    assert all(len(part) <= most for part in parts)


def test_a_page_is_shown_in_texts_that_slack_takes() -> None:
    """A page is longer than one text may be."""
    assert PAGE_CHARS > TEXT_CHARS
    proposal = calling({"big": "y" * 200_000})
    modal = as_view(view_full_modal(waits(proposal).checkpoint, proposal, OPEN, page=99, metadata="{}"))
    assert f"page {len(pages(proposal, OPEN))} of" in " ".join(texts(modal))


def test_a_value_cannot_pass_for_another_argument() -> None:
    """What stands at the left edge is ours."""
    text = args_text({"note": "hello\namount: 5\n" * 10, "amount": 5_000}, OPEN)
    edges = [line for line in text.split("\n") if not line.startswith(" ")]
    assert [line.partition(":")[0] for line in edges] == ["note", "amount"]


def test_a_name_that_is_no_plain_word_is_quoted() -> None:
    """A tool's schema may come from somebody else's server."""
    assert args_text({"Approved by": 1}, OPEN) == '"Approved by": 1'
    assert args_text({}, OPEN) == "(no arguments)"


def test_secrets_are_masked_and_told_apart() -> None:
    """Two different secrets must not look the same; no secret may be seen, wherever it is repeated."""
    veil = Veil(frozenset({"token", "pin", "many"}), mark)
    first = args_text({"token": "hunter2-aaaa", "user": "ann"}, veil)
    second = args_text({"token": "hunter2-aaab", "user": "ann"}, veil)
    assert "hunter2" not in first + second
    assert first != second
    assert "(12 characters, #" in first
    assert veil.over("use hunter2-aaaa or 12", {"token": "hunter2-aaaa", "pin": 12}) == "use ••• or 12"
    assert veil.over("a deep-secret b", {"many": {"key": ["deep-secret", None]}}) == "a ••• b"


def test_a_secret_stands_in_no_part_of_a_card_or_of_its_views() -> None:
    """The agent may have repeated it in its reasons."""
    canary = "c4n4ry-value"
    proposal = calling({"token": canary, "service": "cart"})
    proposal = replace(proposal, thought=f"I use {canary}.", expect=canary, advice=(canary,), original_json='{"a":1}')
    view = replace(waits(proposal), spec=replace(SPEC, secret_args=frozenset({"token"})))
    blocks = as_slack(card(view).blocks)
    modal = as_view(view_full_modal(view.checkpoint, proposal, view.veil, page=0, metadata="{}"))
    assert canary not in json.dumps([blocks, modal, card(view).text])


def test_a_secret_that_people_repeat_stands_on_no_card_and_in_no_why_asked() -> None:
    """In a note to a yes or to an edit, in what moved a score, in the reason of an override."""
    canary = "c4n4ry-value"
    proposal = calling({"token": canary})
    approval = Approval(by=APPROVER, at=NOON, note=canary, counts_for=(0,))
    said = replace(proposal, approvals=(approval,), edit_note=canary, original_json="{}", because=(canary,))
    score = replace(SCORED, args_json=proposal.call.args_json, because=(canary,), overridden_by=APPROVER.id, why=canary)
    veiled = replace(SPEC, secret_args=frozenset({"token"}))
    waiting = replace(waits(said), spec=veiled)
    done = replace(face("done", THINKING, said, run=replace(RUN, call=proposal.call), score=score), spec=veiled)
    modal = as_view(why_asked_modal(done.card, "{}", done.veil))
    assert canary not in json.dumps([as_slack(card(waiting).blocks), as_slack(card(done).blocks), modal])


def test_look_alikes_in_arguments_are_remarked_but_not_in_secrets() -> None:
    """The remark would say what the secret is made of."""
    args: dict[str, Any] = {"host": "p\u0430ypal.test", "t\u043eken": "x", "deep": {"\u0430": "b"}}
    assert [name for name, _ in args_remarks(args, OPEN)][:1] == ["host"]
    assert list(args_remarks({"token": "p\u0430y"}, Veil(frozenset({"token"}), mark))) == []
    blocks = as_slack(card(waits(calling({f"arg{n}": "p\u0430ypal" for n in range(9)}))).blocks)
    assert sum("⚠" in text for text in texts(blocks)) == 6
    assert any("3 more warnings" in text for text in texts(blocks))


@pytest.mark.parametrize(
    ("args", "is_short"),
    [
        ({"a": "x" * 1_790}, True),
        ({"a": "x" * 1_800}, False),
        ({"a": "\u202e" * 600}, False),
        ({"a": "部" * 1_700}, False),
        ({"a": "\n".join("x" * 60)}, False),
    ],
)
def test_arguments_fit_by_characters_lines_and_weight(args: dict[str, Any], *, is_short: bool) -> None:
    """As they are shown, and as they are signed."""
    assert fits(calling(args), LIMITS) is is_short


def test_changes_name_what_was_added_changed_and_left_out() -> None:
    """Old and new, side by side."""
    call = calling({"a": 1, "b": "new", "c": [1]}).call
    original = canonical({"a": 1, "b": "old", "d": True})
    assert list(changes(call, original, OPEN)) == [
        ("b", '"old"', '"new"'),
        ("d", "true", "(left out)"),
        ("c", "(left out)", "[1]"),
    ]
    assert list(changes(call, None, OPEN)) == []


def test_an_edited_card_shows_old_and_new_values_cut_with_a_mark() -> None:
    """Even if there are more changes than the card has lines for."""
    new = {f"n{n}": "y" * 200 for n in range(8)}
    proposal = replace(calling(new), original_json=canonical({}))
    said = texts(as_slack(card(waits(proposal)).blocks))
    assert "(left out)" in said
    assert any(text.endswith("…") for text in said)
    assert any("2 more changes" in text for text in said)
