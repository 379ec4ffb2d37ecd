"""The claim and what becomes of a call: what may start, what may start again, and what nobody knows."""

from dataclasses import replace

import pytest

from agent_core.effects import TellRequester
from agent_core.inputs import (
    Abort,
    Correct,
    OutcomeUnknown,
    ResolveUnknown,
    Stop,
    SurfaceLost,
    TimerFired,
    ToolFailed,
    ToolFinished,
)
from agent_core.people import People, Person
from agent_core.phases import Acting, Finished, OutcomeUnknown as OutcomeUnknownPhase, Paused
from agent_core.policy import Policy, Rule
from agent_core.records import Struck
from agent_core.words import Digest
from tests.core.decide.desk import Desk
from tests.core.decide.office import FORBIDDING, LAXER, RULES, SECOND, STRICTER, TOOLS
from tests.core.decide.places import aborting, no_tools, other_tools, paused, repeatable, running, stopping, unknown
from tests.examples import APPROVER, GONE, LEAD, REQUESTER, person


def two() -> Desk:
    """Have a deploy released by two people."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    desk.approve(SECOND)
    return desk


def unknown_of(desk: Desk) -> OutcomeUnknown:
    """Say that the worker of the running call was lost."""
    return OutcomeUnknown(effect_id=desk.work, fence=desk.fence, words="Its worker is gone.")


def resolving(desk: Desk, verdict: str, by: Person = REQUESTER) -> ResolveUnknown:
    """Say what happened."""
    phase = desk.phase
    assert isinstance(phase, OutcomeUnknownPhase)
    proposal = phase.proposal
    return ResolveUnknown(by=by, digest=proposal.digest, version=proposal.version, verdict=verdict)  # type: ignore[arg-type]  # one of three


def test_the_claims_version_is_the_fence() -> None:
    """Only a result that names it is taken."""
    desk = running()
    phase = desk.phase
    assert isinstance(phase, Acting)
    assert phase.claim is not None
    assert phase.claim.fence == desk.task.version
    assert desk.card.state == "running"
    stale = ToolFinished(effect_id=desk.work, fence=desk.fence - 1, ok=True)
    desk.give(stale)
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence + 1, how="failed", words="No."))
    desk.give(OutcomeUnknown(effect_id=desk.work, fence=desk.fence + 1))
    assert (desk.kind, len(desk.kept("late"))) == ("acting", 3)
    desk.ended()
    assert desk.kind == "scoring"


def test_a_result_is_taken_once() -> None:
    """The same again is only recorded."""
    desk = running()
    result = ToolFinished(effect_id=desk.work, fence=desk.fence, ok=True)
    desk.give(result)
    desk.give(result)
    assert (desk.kind, desk.task.tally.steps, len(desk.kept("late"))) == ("scoring", 1, 1)


def test_a_step_of_class_once_is_never_claimed_again() -> None:
    """One approval starts an action at most once on its own."""
    desk = Desk().released()
    press = desk.starting()
    desk.give(press)
    assert desk.refuses(press).words == "This step was started already."


def test_approvals_that_no_longer_count_are_struck_at_the_claim() -> None:
    """Threat D12: the step goes back to waiting, and says who is still to approve."""
    desk = two()
    expires_at = desk.proposal.expires_at
    desk.claim(replace(APPROVER, kind="deactivated"), SECOND)
    assert desk.kind == "awaiting_approval"
    assert [approval.by.id for approval in desk.proposal.approvals] == [SECOND.id]
    assert desk.proposal.expires_at == expires_at
    (struck,) = [record for record in desk.records if isinstance(record, Struck)]
    assert struck.people == (APPROVER.id,)
    assert f"The approval by <@{APPROVER.id}> no longer counts." in desk.said()[-1]
    desk.approve(replace(SECOND, id=person("U0THIRD").id))
    assert desk.kind == "acting"


def test_an_approver_who_cannot_be_looked_up_does_not_count() -> None:
    """Fail closed."""
    desk = Desk().released()
    desk.claim(GONE)
    assert desk.kind == "awaiting_approval"


def test_an_approval_that_counts_for_less_is_said_to_count_for_less() -> None:
    """By name and by group at the click, by name alone at the claim."""
    named, grouped = People(users=frozenset({APPROVER.id})), People(usergroups=frozenset({"S0ONCALL"}))
    rules = (Rule(name="a", decision="ask", approvers=named), Rule(name="b", decision="ask", approvers=grouped))
    desk = Desk(rules=replace(RULES, policy=Policy(version="p9", rules=rules))).start()
    desk.propose()
    desk.approve(APPROVER)
    desk.claim(replace(APPROVER, groups=frozenset()))
    assert desk.kind == "awaiting_approval"
    assert desk.said()[-1] == "An approval counts for less than it did. Still needed: <!subteam^S0ONCALL>."


def test_the_requester_is_struck_where_policy_bars_them() -> None:
    """Whoever's name stands there."""
    desk = Desk().released()
    phase = desk.phase
    assert isinstance(phase, Acting)
    forged = tuple(replace(approval, by=REQUESTER) for approval in phase.proposal.approvals)
    desk.checkpoint = desk.task.then(replace(phase, proposal=replace(phase.proposal, approvals=forged)))
    desk.claim(replace(REQUESTER, groups=APPROVER.groups))
    assert desk.kind == "awaiting_approval"


def test_a_stricter_policy_at_the_claim_asks_again() -> None:
    """Threat P11: the approved step is not run; a new card asks under the new rule."""
    desk = Desk().released()
    desk.rules = replace(RULES, policy=STRICTER)
    old = desk.proposal
    desk.claim()
    assert desk.kind == "awaiting_approval"
    assert (desk.proposal.policy_version, desk.proposal.approvals) == ("p2", ())
    assert desk.proposal.digest != old.digest
    assert desk.task.cards[-2].state == "closed"
    assert "changed meanwhile" in desk.said()[-1]


def test_a_laxer_policy_at_the_claim_runs() -> None:
    """What was approved is approved."""
    desk = Desk().released()
    desk.rules = replace(RULES, policy=LAXER)
    desk.claim()
    assert desk.kind == "acting"


def test_a_policy_of_another_version_that_asks_the_same_runs() -> None:
    """A comment was changed in the file."""
    desk = Desk().released()
    desk.rules = replace(RULES, policy=replace(RULES.policy, version="p5"))
    desk.claim()
    assert desk.kind == "acting"
    assert desk.proposal.policy_version == "p1"


def test_a_policy_that_now_denies_runs_nothing() -> None:
    """The agent is told, and goes on without."""
    desk = Desk().released()
    desk.rules = replace(RULES, policy=FORBIDDING)
    desk.claim()
    assert (desk.kind, desk.task.recent[-1].outcome) == ("thinking", "denied")


def test_an_allowed_step_is_asked_about_where_policy_changed_before_its_claim() -> None:
    """Allowed is not approved."""
    desk = Desk().start()
    desk.propose("read_status")
    desk.rules = replace(RULES, policy=STRICTER)
    desk.claim()
    assert desk.kind == "awaiting_approval"


def test_another_tool_at_the_claim_asks_again() -> None:
    """Threat X: what would run is not what was shown."""
    desk = Desk().released()
    other_tools(desk)
    desk.claim()
    assert desk.kind == "awaiting_approval"
    assert desk.proposal.call.fingerprint == "new"


def test_a_tool_that_is_gone_ends_the_task_in_words() -> None:
    """Nothing can be asked about it."""
    desk = Desk().released()
    no_tools(desk)
    desk.claim()
    assert isinstance(desk.phase, Finished)
    assert "can no longer be made" in desk.phase.why


def test_a_policy_changed_so_that_the_call_fits_no_more_is_asked_again() -> None:
    """The schema became stricter under a new policy, with the tool's fingerprint as it was."""
    desk = Desk().released()
    narrow = replace(
        TOOLS["restart_service"], schema_json='{"type":"object","properties":{},"additionalProperties":false}'
    )
    desk.rules = replace(RULES, tools={**TOOLS, "restart_service": narrow}, policy=replace(RULES.policy, version="p5"))
    desk.claim()
    assert desk.kind == "finished"


def test_a_step_whose_digest_is_not_its_own_is_not_run() -> None:
    """Threat D7: one byte was changed after the approval."""
    desk = Desk().released()
    phase = desk.phase
    assert isinstance(phase, Acting)
    call = replace(phase.proposal.call, args_json='{"service":"payments"}')
    desk.checkpoint = desk.task.then(replace(phase, proposal=replace(phase.proposal, call=call)))
    desk.claim()
    assert isinstance(desk.phase, Finished)
    assert "not the one that was shown" in desk.phase.why


def test_a_worker_that_was_told_another_digest_starts_nothing() -> None:
    """Both must name the same."""
    desk = Desk().released()
    desk.give(replace(desk.starting(), digest=Digest("0" * 32)))
    assert (desk.kind, desk.ledger.claims) == ("finished", 0)


def test_an_approval_is_not_used_after_its_time() -> None:
    """A worker that slept through it starts nothing."""
    desk = Desk().released().later(1801)
    desk.claim()
    assert isinstance(desk.phase, Finished)
    assert desk.phase.how == "expired"


def test_an_allowed_step_has_no_time_to_run_out_of() -> None:
    """Nobody was asked, so nobody was late."""
    desk = Desk().start()
    desk.propose("read_status")
    desk.later(100_000).claim()
    assert desk.kind == "acting"


def test_a_call_that_may_be_repeated_is_claimed_again_after_its_worker_was_lost() -> None:
    """Under a new fence; the old worker's result is late, even after the time to approve is over."""
    desk = two()
    desk.claim()
    old = desk.fence
    desk.later(5000).claim()
    assert desk.fence > old
    desk.give(ToolFinished(effect_id=desk.work, fence=old, ok=True))
    assert desk.kind == "acting"
    desk.ended()
    assert desk.kind == "scoring"


def test_a_repeat_that_is_no_longer_covered_is_asked_about() -> None:
    """It was started: that it was not run would be a lie, and so would be that it was."""
    desk = two()
    desk.claim()
    desk.claim(GONE)
    assert desk.kind == "outcome_unknown"
    for change in (other_tools, no_tools):
        desk = repeatable()
        change(desk)
        desk.claim()
        assert desk.kind == "outcome_unknown"
        assert "it can't be repeated" in desk.card.words


def test_a_call_that_was_to_be_stopped_is_not_started_again() -> None:
    """Somebody said stop; its worker was lost before it could."""
    desk = stopping()
    desk.claim()
    assert desk.kind == "outcome_unknown"
    desk = aborting()
    desk.claim()
    assert isinstance(desk.phase, Finished)
    assert desk.phase.how == "aborted"


def test_a_lost_call_asks_people_what_happened() -> None:
    """I can't tell whether this happened."""
    desk = unknown()
    assert (desk.kind, desk.card.state, desk.card.about) == ("outcome_unknown", "unknown", "unknown")
    assert "I can't tell whether step 1 happened" in desk.said()[-1]
    desk.refuses(resolving(desk, "happened", LEAD))
    desk.refuses(replace(resolving(desk, "happened"), version=99))
    desk.refuses(replace(resolving(desk, "happened"), digest=Digest("0" * 32)))


@pytest.mark.parametrize(("verdict", "outcome"), [("happened", "ok"), ("not_happened", "failed")])
def test_people_say_whether_it_happened(verdict: str, outcome: str) -> None:
    """The step counts as done, or as failed; either is scored."""
    desk = unknown()
    desk.give(resolving(desk, verdict, APPROVER))
    assert desk.kind == "scoring"
    assert desk.task.recent[-1].outcome == outcome
    assert desk.task.messages[-1].about == "unknown_resolved"
    assert desk.card.about == "proposal"
    assert desk.card.state == ("done" if outcome == "ok" else "failed")


def test_trying_again_is_a_new_proposal() -> None:
    """A new decision in the record, asked about like the first."""
    desk = unknown()
    old = desk.proposal
    desk.give(resolving(desk, "try_again"))
    assert desk.kind == "awaiting_approval"
    assert (desk.proposal.digest, desk.proposal.version > old.version) == (old.digest, True)
    desk.refuses(replace(desk.approval(), version=old.version))
    desk.approve()
    desk.claim()
    desk.ended()
    assert desk.kind == "scoring"


def test_corrections_are_kept_while_nobody_knows_what_happened() -> None:
    """First things first."""
    desk = unknown()
    desk.give(Correct(by=REQUESTER, text="Use checkout."))
    assert desk.kind == "outcome_unknown"
    assert "First say on the card" in desk.said()[-1]


def test_a_lost_call_of_a_task_that_was_to_end_ends_it() -> None:
    """People are told to look."""
    for desk in (aborting(), paused(aborting)()):
        desk.give(unknown_of(desk))
        assert isinstance(desk.phase, Finished)
        assert "look before you start it again" in desk.phase.why
        assert all(card.state == "closed" for card in desk.task.cards)


def test_a_card_that_is_gone_is_posted_anew_to_ask_what_happened() -> None:
    """A step that policy allowed had no card at all."""
    desk = repeatable()
    desk.give(unknown_of(desk))
    assert (desk.card.about, desk.card.state) == ("unknown", "unknown")
    desk.give(resolving(desk, "happened"))
    assert desk.card.state == "done"


def test_stop_has_the_running_call_stopped_and_the_task_goes_on() -> None:
    """The card says by whom, and how it ended."""
    desk = running()
    desk.refuses(Stop(by=LEAD))
    desk.give(Stop(by=APPROVER))
    assert (desk.kind, desk.card.state) == ("acting", "stopping")
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence, how="stopped", words="Ended.", stdout="half"))
    assert (desk.kind, desk.card.state) == ("outcome_unknown", "unknown")
    assert desk.card.words == f"Stopped by <@{APPROVER.id}>. Ended."
    assert isinstance(desk.phase, OutcomeUnknownPhase)
    assert desk.phase.excerpt == "half"


def test_a_call_that_may_be_repeated_and_was_stopped_just_ended() -> None:
    """Nobody need look; the card says by whom it was stopped."""
    desk = two()
    desk.claim()
    desk.give(Stop(by=APPROVER))
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence, how="stopped", words="Ended."))
    assert (desk.kind, desk.task.recent[-1].outcome) == ("scoring", "stopped")
    assert (desk.card.state, desk.card.words) == ("failed", f"Stopped by <@{APPROVER.id}>.")


def test_a_call_that_ended_before_it_could_be_stopped_counts_as_it_ended() -> None:
    """The card does not say that somebody stopped it."""
    desk = running()
    desk.give(Stop(by=APPROVER))
    desk.ended()
    assert (desk.kind, desk.card.state, desk.card.words) == ("scoring", "done", "")


@pytest.mark.parametrize("how", ["timed_out", "stopped"])
def test_a_call_that_was_cut_short_may_have_happened(how: str) -> None:
    """A time-out is not a no: people look, as after a crash; also inside a pause."""
    for desk in (running(), paused(running)()):
        cut = ToolFailed(effect_id=desk.work, fence=desk.fence, how=how, words="Over 60 s.", stdout="so far")  # type: ignore[arg-type]  # one of its own
        desk.give(cut)
        phase = desk.phase.was if isinstance(desk.phase, Paused) else desk.phase
        assert isinstance(phase, OutcomeUnknownPhase)
        assert (phase.excerpt, desk.newest("unknown").words) == ("so far", "Over 60 s.")


@pytest.mark.parametrize("how", ["failed", "not_started"])
def test_a_tools_own_no_is_a_no(how: str) -> None:
    """It raised an error of its own, or was never started: that is its result."""
    desk = running()
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence, how=how, words="No."))  # type: ignore[arg-type]  # one of its own
    assert (desk.kind, desk.task.recent[-1].outcome) == ("scoring", how)


def test_there_is_nothing_to_stop_before_the_step_began() -> None:
    """Withdraw or abort instead."""
    desk = Desk().released()
    desk.refuses(Stop(by=REQUESTER))


def test_abort_lets_the_running_call_be_stopped_first() -> None:
    """The last message says how the step ended."""
    desk = running()
    desk.give(Abort(by=REQUESTER))
    assert desk.kind == "acting"
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence, how="stopped", words="Stopped."))
    assert isinstance(desk.phase, Finished)
    assert "It is not known whether step 1 happened" in desk.phase.why
    desk = repeatable()
    desk.give(Abort(by=REQUESTER))
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence, how="stopped", words="Stopped."))
    assert isinstance(desk.phase, Finished)
    assert desk.phase.why == f"Aborted by <@{REQUESTER.id}>; the step that ran ended as: stopped."


def test_a_channel_that_is_gone_ends_the_task_whatever_runs() -> None:
    """Its requester is told directly, and nothing is posted any more."""
    desk = running()
    done = desk.give(SurfaceLost(words="The channel is archived."))
    assert desk.kind == "finished"
    assert [effect.kind for effect in done.effects] == ["tell_requester"]
    assert desk.outbox.keys() & done.settled == set()


def test_an_end_that_cannot_be_posted_is_told_to_the_requester_directly_and_once() -> None:
    """The channel was archived while the last step ran."""
    desk = running()
    desk.give(Abort(by=REQUESTER))
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence, how="stopped", words="Stopped."))
    done = desk.give(SurfaceLost(words="the channel is archived."))
    (told,) = (effect for effect in done.effects if isinstance(effect, TellRequester))
    assert "ended: aborted. Its thread can't say so: the channel is archived." in told.words
    desk.refuses(SurfaceLost(words="the channel is archived."))


def test_what_a_step_printed_is_cut_to_its_beginning_and_its_end() -> None:
    """The journal has it whole."""
    desk = running()
    desk.ended(stdout="a" * 1000 + "z" * 1000)
    run = desk.task.recent[-1]
    assert run.excerpt.startswith("aaa")
    assert run.excerpt.endswith("zzz")
    assert "1400 characters left out" in run.excerpt
    assert run.output_at == desk.task.version


def test_long_arguments_are_not_kept_once_they_were_used() -> None:
    """They would fill the checkpoint; the card says how long they were, and the state keeps its name."""
    desk = Desk().start()
    desk.propose("pay", amount=5, to="x" * 150_000)
    desk.claim()
    desk.ended()
    desk.scored(5.0)
    assert desk.task.score is not None
    assert desk.task.score.args_json.startswith('{"left out":"')
    assert len(desk.task.recent[-1].call.args_json) > 150_000
    desk.step(5.5)
    assert desk.task.recent[-2].call.args_json.startswith('{"left out":"')


def test_a_stand_in_counts_only_while_policy_lets_them_stand_in() -> None:
    """Approved after the escalation, and the policy has no escalation any more when the worker comes."""
    desk = Desk().waiting()
    desk.later(901).give(TimerFired())
    desk.approve(LEAD)
    without = tuple(replace(rule, escalate=None) for rule in RULES.policy.rules)
    desk.rules = replace(RULES, policy=replace(RULES.policy, version="p6", rules=without))
    desk.claim()
    assert (desk.kind, desk.proposal.approvals) == ("awaiting_approval", ())
