"""What becomes of a proposal that people do not simply approve: edited, rejected, expired, escalated."""

from dataclasses import replace

from agent_core.inputs import Ask, Propose, Stop, TimerFired
from agent_core.phases import AwaitingApproval
from agent_core.records import Decided, Escalated
from tests.core.decide.desk import Desk
from tests.core.decide.office import RULES, SECOND, STRICTER
from tests.examples import APPROVER, LEAD, REQUESTER


def ends(desk: Desk) -> list[str]:
    """Say how proposals ended, oldest first."""
    return [record.how for record in desk.records if isinstance(record, Decided)]


def test_an_edit_makes_a_new_proposal_that_waits_for_a_yes_of_its_own() -> None:
    """Threat D9: earlier approvals are void, and the editor is named."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    old = desk.proposal
    desk.give(desk.edit(APPROVER, "The other one.", service="checkout"))
    new = desk.proposal
    assert isinstance(desk.phase, AwaitingApproval)
    assert new.digest != old.digest
    assert (new.approvals, new.editor, new.edit_note) == ((), APPROVER.id, "The other one.")
    assert new.original_json == old.call.args_json
    assert (desk.task.cards[-2].state, desk.card.state) == ("edited", "waiting")
    assert ends(desk) == ["edited"]
    desk.refuses(replace(desk.approval(SECOND), digest=old.digest, version=old.version))


def test_an_edit_passes_policy_again() -> None:
    """A small payment is allowed, a large one is not."""
    desk = Desk().start()
    desk.propose("pay", amount=5000)
    desk.give(desk.edit(REQUESTER, amount=10, to="acme"))
    assert desk.kind == "acting"
    assert desk.proposal.allowed


def test_an_edit_into_what_is_forbidden_is_refused() -> None:
    """Nothing was changed, and the person is told why."""
    desk = Desk().start()
    desk.propose("pay", amount=5000)
    desk.rules = replace(RULES, policy=replace(RULES.policy, rules=()))
    assert "policy forbids it (default)" in desk.refuses(desk.edit(REQUESTER, amount=10)).words


def test_an_edit_that_the_tool_does_not_take_is_refused_at_its_field() -> None:
    """Threat D8: the schema holds for people too."""
    desk = Desk().waiting()
    assert desk.refuses(desk.edit(service="No Such")).field == "service"
    assert desk.refuses(desk.edit(other="x")).field == "other"
    for text in ("no json", "[]", "[" * 100_000):
        assert desk.refuses(replace(desk.edit(), args_json=text)).words


def test_an_edit_that_changes_nothing_is_refused() -> None:
    """The same arguments are the same proposal."""
    desk = Desk().waiting()
    assert "has already" in desk.refuses(desk.edit(service="cart")).words


def test_the_editor_may_approve_unless_policy_says_otherwise() -> None:
    """Threat D9: `not_editor` keeps two pairs of eyes on it."""
    desk = Desk().waiting()
    desk.give(desk.edit(APPROVER, service="checkout"))
    desk.approve(APPROVER)
    assert desk.kind == "acting"
    desk = Desk().start()
    desk.propose("scale", service="cart", replicas=2)
    desk.give(desk.edit(LEAD, service="cart", replicas=3))
    assert "You edited this step" in desk.refuses(desk.approval(LEAD)).words
    desk.approve(APPROVER)
    assert desk.kind == "acting"


def test_a_second_edit_still_knows_what_was_proposed_first() -> None:
    """The card shows the way from the agent's arguments to the final ones."""
    desk = Desk().waiting()
    first = desk.proposal.call.args_json
    desk.give(desk.edit(service="checkout"))
    desk.give(desk.edit(service="queue"))
    assert desk.proposal.original_json == first


def test_arguments_that_are_too_long_are_refused() -> None:
    """They could not be kept; the person is told so."""
    desk = Desk().start()
    desk.propose("pay", amount=5000)
    assert "over 200 KB" in desk.refuses(desk.edit(REQUESTER, amount=5000, to='"' * 150_000)).words


def test_a_rejection_runs_nothing_and_gives_the_actor_the_reason() -> None:
    """The actor thinks again, with the person's words."""
    desk = Desk().waiting()
    desk.give(desk.rejection(note="Not this one."))
    assert (desk.kind, desk.card.state, desk.runs()) == ("thinking", "rejected", 0)
    (said,) = desk.task.messages
    assert (said.text, said.about, said.by) == ("wrong target: Not this one.", "rejection", APPROVER.id)
    assert ends(desk) == ["rejected"]


def test_a_rejected_call_is_never_proposed_again_unchanged() -> None:
    """The model is told, a bounded number of times; then the task ends."""
    desk = Desk().waiting()
    desk.give(desk.rejection())
    for _ in range(2):
        desk.propose()
        assert desk.kind == "thinking"
        assert desk.task.messages[-1].text == "A person rejected exactly this step. Propose something else."
    desk.propose()
    assert desk.kind == "finished"
    assert len(desk.kept("proposed")) == 1


def test_a_rejected_call_with_other_arguments_may_be_proposed() -> None:
    """The reason may have been the target."""
    desk = Desk().waiting()
    desk.give(desk.rejection())
    desk.propose(service="checkout")
    assert desk.kind == "awaiting_approval"


def test_a_call_that_is_rejected_again_is_kept_once() -> None:
    """A person edited back to what was rejected, and it is rejected again."""
    desk = Desk().waiting()
    desk.give(desk.rejection())
    desk.propose(service="checkout")
    desk.give(desk.edit(service="cart"))
    desk.give(desk.rejection(note="Still not."))
    (kept,) = desk.task.rejected
    assert kept.note == "Still not."


def test_one_rejection_ends_a_proposal_that_others_approved() -> None:
    """Threat D14: whatever the count."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    desk.give(desk.rejection(SECOND))
    assert desk.kind == "thinking"


def test_after_a_rejection_stop_ends_the_question() -> None:
    """A runbook asks what to do; its button says stop."""
    desk = Desk().waiting()
    desk.give(desk.rejection())
    desk.reply(Ask(text="Skip, change, or stop?", about="rejected"))
    desk.refuses(Stop(by=LEAD))
    desk.give(Stop(by=REQUESTER))
    assert desk.task.messages[-1].text == "stop"
    assert desk.card.state == "answered"


def test_silence_denies() -> None:
    """At the expiry itself it is too late, and the task has expired."""
    desk = Desk().waiting()
    desk.later(1800)
    assert "time to decide is over" in desk.refuses(desk.approval()).words
    desk.give(TimerFired())
    assert desk.kind == "finished"
    assert ends(desk) == ["expired"]
    assert desk.newest("proposal").state == "expired"


def test_a_decision_carries_the_last_moment_at_which_it_may_be_committed() -> None:
    """Threat D4: the store judges by its own clock."""
    desk = Desk().waiting()
    expires_at = desk.proposal.expires_at
    for decision in (desk.rejection(), desk.edit(service="checkout"), desk.approval()):
        again = Desk().waiting()
        done = again.give(decision)
        assert done.not_after is not None
        assert done.not_after < expires_at
        assert (expires_at - done.not_after).total_seconds() < 0.001


def test_people_are_reminded_in_the_time_that_policy_gives() -> None:
    """Each time anew, and not before."""
    desk = Desk().waiting()
    assert "Nothing is due." in desk.refuses(TimerFired()).words
    desk.later(600).give(TimerFired())
    desk.refuses(TimerFired())
    desk.later(600)
    desk.give(TimerFired())
    desk.give(TimerFired())
    assert desk.notified() == ["asked", "reminder", "escalated", "reminder"]


def test_a_click_after_the_time_of_escalation_counts_though_the_timer_is_late() -> None:
    """“From then on” is a time, not a message."""
    desk = Desk().waiting().later(900)
    desk.approve(LEAD)
    assert desk.kind == "acting"
    early = Desk().waiting().later(899)
    early.refuses(early.approval(LEAD))


def test_after_escalation_others_may_approve_as_well() -> None:
    """They are told, may say yes, and the number that is needed stays."""
    desk = Desk().waiting()
    desk.refuses(desk.approval(LEAD))
    desk.later(901).give(TimerFired())
    assert desk.proposal.escalated
    assert any(isinstance(record, Escalated) for record in desk.records)
    desk.approve(LEAD)
    assert desk.kind == "acting"
    desk.claim()
    assert desk.proposal.approvals[0].by == LEAD


def test_a_step_that_policy_denies_is_not_run_and_the_thread_says_so() -> None:
    """It counts as a step, so that a model cannot try for ever."""
    desk = Desk().start()
    desk.propose("wipe")
    assert (desk.kind, desk.task.step) == ("thinking", 1)
    assert desk.said() == ["Step 1 (wipe) was not run: policy forbids it (never wipe)."]
    assert desk.task.recent[-1].outcome == "denied"
    assert desk.kept("denied")


def test_a_step_that_is_none_is_told_to_the_model_a_bounded_number_of_times() -> None:
    """Unknown tools and wrong arguments do not loop."""
    desk = Desk().start()
    desk.propose("no_such_tool")
    assert "There is no tool" in desk.task.messages[-1].text
    assert "There is no tool" in desk.said()[-1]  # people hear of it too
    desk.propose(service="Not Valid")
    assert desk.kind == "thinking"
    desk.reply(Propose(tool="pay", args_json="{}"))
    assert desk.kind == "finished"
    assert "no usable step in 3 tries" in desk.card.words


def test_a_proposal_keeps_its_name_through_a_change_of_policy() -> None:
    """The digest rests on the policy under which it was made."""
    desk = Desk().waiting()
    desk.rules = replace(RULES, policy=STRICTER)
    desk.approve(APPROVER)
    assert desk.kind == "acting"
