from dataclasses import replace
from typing import Any

import pytest

from agent_core.errors import Refused
from agent_core.ports import Output
from bot.blocks.modals.decisions import answer_modal, approve_modal, reject_modal
from bot.blocks.modals.override_phi import override_phi_modal, read_phi
from bot.blocks.modals.start_task import start_task_modal
from bot.blocks.modals.teach import Draft, teach_modal
from bot.blocks.modals.view_full import view_full_modal
from bot.blocks.modals.why_asked import why_asked_modal
from tests.bot.blocks.corpora import rows
from tests.bot.blocks.faces import FACES, LONG, waits
from tests.bot.blocks.reading import as_view, boxes, buttons, kinds_of_text, objects, texts
from tests.examples import APPROVED, PROPOSAL, THINKING
from tests.plugins.golden import Golden

METADATA = '{"thread":"T0TEAM:C0STAGING:1772452800.000100","version":3,"digest":"d1","card":null,"page":0}'
VIEW = FACES["waiting"]

MODALS = {
    "reject": reject_modal(METADATA),
    "approve": approve_modal(METADATA),
    "approve_strictly": approve_modal(METADATA, note_needed=True, confirm="cart"),
    "answer": answer_modal(METADATA, "Which\nservice?", ("cart", "checkout")),
    "answer_freely": answer_modal(METADATA, "Why?"),
    "override_phi": override_phi_modal(METADATA, 2.5),
    "override_first_phi": override_phi_modal(METADATA, None),
    "teach": teach_modal(METADATA, ()),
    "teach_again": teach_modal(
        METADATA, ("Would have changed 7 of 40.",), Draft(when="tool = x", do="deny", scope="team", expires="never")
    ),
    "teach_oddly": teach_modal(METADATA, (), Draft(scope="galaxy")),
    "start_task": start_task_modal(METADATA),
    "start_task_here": start_task_modal(METADATA, purpose="restart cart", channel="C0STAGING"),
    "view_full": view_full_modal(VIEW.checkpoint, PROPOSAL, VIEW.veil, page=0, metadata=METADATA),
    "view_full_silent": view_full_modal(
        replace(VIEW.checkpoint, phase=THINKING),
        replace(PROPOSAL, thought="", expect=""),
        VIEW.veil,
        page=0,
        metadata=METADATA,
    ),
    "why_asked": why_asked_modal(FACES["taught"].card, METADATA, VIEW.veil),
    "why_scored": why_asked_modal(FACES["overridden"].card, METADATA, VIEW.veil),
    "why_nothing": why_asked_modal(FACES["paused"].card, METADATA, VIEW.veil),
    "why_allowed": why_asked_modal(
        replace(FACES["running"].card, proposal=replace(APPROVED, allowed=True, requirements=())), METADATA, VIEW.veil
    ),
}
BLOCK_IDS = {
    "reject": ["reason", "note"],
    "approve_strictly": ["note", "confirm"],
    "override_phi": ["phi", "why"],
    "teach": ["when", "do", "scope", "expires"],
    "answer": ["answer"],
    "start_task": ["purpose", "channel"],
}


@pytest.mark.parametrize("name", sorted(MODALS))
def test_every_modal_is_the_one_that_was_reviewed(name: str, golden: Golden) -> None:
    """And one that Slack takes, without markup."""
    golden(f"modals/{name}.json", as_view(MODALS[name]))
    assert kinds_of_text(MODALS[name]) <= {"plain_text", "text"}


@pytest.mark.parametrize("name", sorted(BLOCK_IDS))
def test_inputs_have_the_names_that_other_software_relies_on(name: str) -> None:
    """Block IDs as listed, and the action ID is always value."""
    inputs = [block for block in as_view(MODALS[name])["blocks"] if block["type"] == "input"]
    assert [block["block_id"] for block in inputs] == BLOCK_IDS[name]
    assert {block["element"]["action_id"] for block in inputs} == {"value"}


def test_reasons_scopes_and_expiries_are_those_that_other_software_relies_on() -> None:
    """They are stored and learned from."""
    found = [one["value"] for one in objects(as_view(MODALS["reject"])) if "value" in one]
    assert found[:5] == ["wrong_target", "too_risky", "not_now", "wrong_approach", "other"]
    taught = {one["value"] for one in objects(as_view(MODALS["teach"])) if "value" in one}
    assert taught == {"thread", "channel", "team", "7d", "30d", "90d", "never"}


def test_every_field_of_a_rule_tells_of_its_changes() -> None:
    """Else the preview would show another rule than the one that is saved."""
    inputs = [block for block in as_view(MODALS["teach"])["blocks"] if block["type"] == "input"]
    assert all(block["dispatch_action"] for block in inputs)


@pytest.mark.parametrize("row", rows("phi-inputs"), ids=lambda row: ascii(row["input"])[:30])
def test_phi_is_read_by_one_exact_grammar(row: dict[str, Any]) -> None:
    """Nothing is rounded, guessed or taken from another script."""
    if row["expect"] == "accept":
        assert f"{read_phi(row['input']):.2f}" == row["value"]
        return
    with pytest.raises(Refused) as refused:
        read_phi(row["input"])
    assert refused.value.field == "phi"


def test_the_full_view_offers_approve_only_while_the_step_waits_and_on_its_last_page() -> None:
    """A page that is not the last leads on, and says where Approve stands."""
    first = as_view(view_full_modal(waits(LONG).checkpoint, LONG, VIEW.veil, page=0, metadata=METADATA))
    assert list(buttons(first)) == ["page_next"]
    assert "Approve stands on the last page." in texts(first)
    last = as_view(view_full_modal(waits(LONG).checkpoint, LONG, VIEW.veil, page=1, metadata=METADATA))
    assert list(buttons(last)) == ["page_prev", "approve"]
    spent = replace(VIEW.checkpoint, phase=THINKING)
    assert "approve" not in buttons(as_view(view_full_modal(spent, LONG, VIEW.veil, page=1, metadata=METADATA)))


def test_what_a_step_printed_is_all_there_after_its_arguments() -> None:
    """The card has room for the beginning only; what was not even kept is said."""
    output = Output(exit_code=1, stdout="out.\n" * 2000, stderr="bad \u202e", cut_bytes=7)
    seen = [
        as_view(view_full_modal(VIEW.checkpoint, PROPOSAL, VIEW.veil, page=page, metadata=METADATA, output=output))
        for page in range(4)
    ]
    assert [view["blocks"][1]["elements"][0]["elements"][0]["text"] for view in seen] == [
        "Arguments, page 1 of 4:", "Output, page 2 of 4:", "Output, page 3 of 4:", "Errors, page 4 of 4:"
    ]  # fmt: skip
    assert "".join(box for view in seen[1:3] for box in boxes(view)) == output.stdout
    assert boxes(seen[3]) == ["bad \\u202e"]
    assert [any("7 more bytes" in text for text in texts(view)) for view in seen] == [False, False, False, True]
