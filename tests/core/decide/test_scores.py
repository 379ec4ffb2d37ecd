"""How Φ comes to stand, who may change it, and what follows from it."""

from dataclasses import replace
from typing import cast

import pytest

from agent_core.effects import Learn
from agent_core.inputs import AcceptScore, Done, ModelFailed, OverridePhi, Propose
from agent_core.lesson import Lesson
from agent_core.people import NOBODY
from agent_core.phases import AwaitingScoreReview, Finished
from agent_core.proposal import canonical
from agent_core.records import ScoreStands
from agent_core.rules.digests import state_of
from agent_core.rules.scores import with_point
from agent_core.words import Digest
from tests.core.decide.desk import Desk, limits
from tests.core.decide.office import FORBIDDING, RULES, STRICTER
from tests.core.decide.places import held, over_budget, paused, review, scoring_done, waiting
from tests.examples import APPROVER, GUEST, LEAD, REQUESTER, TEAM


def how(desk: Desk) -> str:
    """Say how a task ended."""
    assert isinstance(desk.phase, Finished)
    return desk.phase.how


def learned(desk: Desk) -> list[Lesson]:
    """Give what was learned, oldest first."""
    return [effect.lesson for _, done in desk.log for effect in done.effects if isinstance(effect, Learn)]


def test_a_score_stands_on_the_card_of_its_step() -> None:
    """Before, after, evidence; and the task goes on."""
    desk = Desk().scoring()
    desk.scored(5.004, evidence="It answers.", features_json='{"up":true}')
    card = desk.newest("proposal")
    assert card.score is not None
    assert (card.state, card.score.before, card.score.after, card.score.evidence) == ("done", 0.0, 5.0, "It answers.")
    assert (desk.kind, desk.task.phi) == ("thinking", 5.0)
    assert card.score.state == state_of(TEAM, "restart_service", card.score.args_json, '{"up":true}')


def test_a_step_that_nobody_was_asked_about_gets_a_card_with_its_score() -> None:
    """What ran is seen, even where policy let it."""
    desk = Desk().start().step(3.0)
    assert (desk.card.about, desk.card.state) == ("step", "done")
    assert desk.card.score is not None


def test_the_next_score_begins_where_the_last_one_ended() -> None:
    """Reward is what the steps moved."""
    desk = Desk().start().step(3.0).step(5.5)
    assert desk.task.score is not None
    assert desk.task.score.before == 3.0
    assert (desk.task.tally.reward, desk.task.tally.course) == (5.5, (0.0, 3.0, 5.5))


@pytest.mark.parametrize(("phi", "ends"), [(9.0, True), (8.99, False)])
def test_a_task_ends_early_at_the_stop_score(phi: float, ends: bool) -> None:  # noqa: FBT001 - a column
    """9 is enough."""
    desk = Desk().start().step(phi)
    assert (desk.kind == "finished") is ends


@pytest.mark.parametrize(("phi", "ending"), [(7.01, "succeeded"), (7.0, "failed")])
def test_done_is_scored_and_ends_by_the_success_score(phi: float, ending: str) -> None:
    """Success is more than 7."""
    desk = scoring_done()
    desk.scored(phi)
    assert how(desk) == ending
    assert desk.card.words == "Nothing is left to do."


def test_done_without_words_has_some() -> None:
    """The last message says why it ended."""
    desk = Desk().start()
    desk.reply(Done())
    desk.scored(8.0)
    assert desk.card.words == "Done."


@pytest.mark.parametrize(
    "facts",
    [
        {"after": float("nan")}, {"after": 10.01}, {"after": -0.01}, {"after": 5.0, "cap": float("inf")},
        {"after": 5.0, "confidence": float("nan")}, {"after": 5.0, "features_json": "[]"},
        {"after": 5.0, "features_json": "{ }"}, {"after": 5.0, "features_json": "no"},
        {"after": 5.0, "features_json": "[" * 100_000}, {"after": 5.0, "features_json": canonical({"x": "y" * 20_000})},
        {"after": 5.0, "before": 11.0},
    ],
    ids=str,
)  # fmt: skip
def test_figures_that_are_none_leave_the_score_as_it_was(facts: dict[str, object]) -> None:
    """Threat L1: Φ is a number within 0..10 or does not move, and people are told."""
    desk = Desk().start().step(3.0)
    desk.propose("read_status")
    desk.claim()
    desk.ended()
    desk.scored(**{"tokens": 7, **facts})  # type: ignore[arg-type]  # facts are its own fields
    assert (desk.task.phi, desk.kind, desk.task.spent.tokens) == (3.0, "thinking", 7)
    assert desk.said() == ["Step 2 could not be scored: The critic's figures are not of use. Φ stays 3."]


def test_a_critic_that_fails_leaves_the_score_as_it_was() -> None:
    """The first step of all has no score then."""
    desk = Desk().scoring()
    desk.give(ModelFailed(effect_id=desk.work, words="No answer."))
    assert (desk.task.phi, desk.kind) == (None, "thinking")
    assert desk.said()[-1] == "Step 1 could not be scored: No answer. There is no Φ yet."


def test_confidence_stays_within_0_and_1() -> None:
    """Whatever the critic says of itself."""
    desk = Desk().scoring()
    desk.scored(5.0, confidence=7.0)
    assert desk.task.score is not None
    assert desk.task.score.confidence == 1.0


def test_a_persons_score_takes_the_place_of_the_critics_and_is_learned() -> None:
    """Said once, it holds for exactly this state."""
    desk = Desk().start().step(3.0)
    desk.give(
        OverridePhi(by=LEAD, digest=cast("Digest", desk.task.score and desk.task.score.digest), phi=6.5, why="Up.")
    )
    assert (desk.task.phi, desk.task.phi_by) == (6.5, LEAD.id)
    (lesson,) = learned(desk)
    assert (lesson.kind, lesson.phi, lesson.raw, lesson.text, lesson.author) == ("override", 6.5, 3.0, "Up.", LEAD.id)
    assert desk.task.score is not None
    assert lesson.state == desk.task.score.state
    assert (desk.card.score, desk.task.score.overridden_by) == (desk.task.score, LEAD.id)
    assert desk.task.messages[-1].text == "Φ 6.5 instead of 3: Up."


def test_an_exact_state_is_pinned_in_a_later_task() -> None:
    """Threat L: the person need not say it twice; the card says why."""
    first = Desk().start().step(3.0)
    first.give(OverridePhi(by=LEAD, phi=6.5))
    later = Desk(rules=replace(RULES, lessons=first.rules.lessons)).start().step(3.0)
    assert later.task.phi == 6.5
    assert later.task.score is not None
    (because,) = later.task.score.because
    assert "scored exactly this state 6.5" in because
    other = Desk(rules=replace(RULES, lessons=first.rules.lessons)).start()
    other.propose("read_status", service="checkout")
    other.claim()
    other.ended()
    other.scored(3.0)
    assert other.task.phi == 3.0


def test_the_start_of_a_task_is_pinned_by_its_words() -> None:
    """An override before the first step is about the purpose."""
    first = Desk().start()
    first.give(OverridePhi(by=LEAD, phi=2.5))
    later = Desk(rules=replace(RULES, lessons=first.rules.lessons)).start()
    assert (later.task.phi, later.task.phi_by) == (2.5, LEAD.id)


def test_a_lesson_never_lifts_a_score_over_the_critics_cap() -> None:
    """A runbook is not over before its checks hold."""
    first = Desk().start().step(3.0)
    first.give(OverridePhi(by=LEAD, phi=9.9))
    later = Desk(rules=replace(RULES, lessons=first.rules.lessons)).start()
    later.propose("read_status")
    later.claim()
    later.ended()
    later.scored(3.0, cap=8.9)
    assert (later.task.phi, later.kind) == (8.9, "thinking")


def test_an_override_approves_nothing() -> None:
    """Threat D19: not even 10 on a step that waits."""
    desk = waiting()
    desk.give(OverridePhi(by=LEAD, digest=desk.proposal.digest, phi=10.0))
    assert (desk.kind, desk.runs(), desk.task.phi) == ("awaiting_approval", 0, 10.0)


def test_an_override_asks_policy_again() -> None:
    """A stricter policy makes a new proposal; one that denies runs nothing."""
    desk = waiting()
    desk.rules = replace(RULES, policy=STRICTER)
    old = desk.proposal
    desk.give(OverridePhi(by=LEAD, phi=4.0))
    assert desk.proposal.version > old.version
    assert desk.proposal.requirements != old.requirements
    desk = waiting()
    desk.rules = replace(RULES, policy=FORBIDDING)
    desk.give(OverridePhi(by=LEAD, phi=4.0))
    assert (desk.kind, desk.runs()) == ("thinking", 0)


def test_an_override_under_the_same_policy_leaves_the_proposal_live() -> None:
    """A short time to decide is no stricter than itself."""
    quick = replace(
        RULES,
        policy=replace(
            RULES.policy, version="p1", rules=tuple(replace(rule, timeout_s=600.0) for rule in RULES.policy.rules)
        ),
    )
    desk = Desk(rules=quick).waiting()
    old = desk.proposal
    desk.give(OverridePhi(by=LEAD, phi=4.0))
    assert desk.proposal == old


@pytest.mark.parametrize(
    "place", [held, waiting, paused(waiting), paused(held), over_budget], ids=lambda one: one.__name__
)
def test_an_override_to_the_stop_score_ends_nothing_that_waits_for_people(place: object) -> None:
    """It stands, and the task ends at its next turn."""
    assert callable(place)
    desk: Desk = place()
    before = desk.kind
    desk.give(OverridePhi(by=LEAD, phi=9.5))
    assert (desk.kind, desk.task.phi) == (before, 9.5)


def test_an_override_to_the_stop_score_ends_a_task_that_thinks() -> None:
    """A person says that it is far enough."""
    desk = Desk().start().step(3.0)
    desk.give(OverridePhi(by=LEAD, phi=9.5))
    assert how(desk) == "succeeded"


@pytest.mark.parametrize("phi", [float("nan"), float("inf"), -0.01, 10.01])
def test_a_score_outside_0_to_10_is_refused_at_its_field(phi: float) -> None:
    """And never learned."""
    desk = Desk().start().step(3.0)
    assert desk.refuses(OverridePhi(by=LEAD, phi=phi)).field == "phi"


def test_an_override_of_an_older_score_is_refused() -> None:
    """The card shows a state that is past."""
    desk = Desk().start().step(3.0)
    assert desk.task.score is not None
    old = desk.task.score.digest
    desk.step(4.0)
    assert "not the newest score" in desk.refuses(OverridePhi(by=LEAD, digest=old, phi=5.0)).words


def test_the_card_that_waits_names_the_newest_state_also_when_paused_or_held() -> None:
    """Override stands on every card."""
    for place in (waiting, paused(waiting), held):
        desk = place()
        desk.give(OverridePhi(by=LEAD, digest=desk.proposal.digest, phi=5.0))
        assert desk.task.phi == 5.0


def test_only_overriders_override() -> None:
    """Members of the channel, unless the configuration says otherwise."""
    desk = Desk().start().step(3.0)
    desk.refuses(OverridePhi(by=GUEST, phi=5.0))
    desk.rules = replace(desk.rules, overriders=NOBODY)
    assert desk.refuses(OverridePhi(by=LEAD, phi=5.0)).instead == "The configuration names nobody who may."


def test_a_finished_task_still_learns_its_score() -> None:
    """The last message shows it; how it ended stays."""
    desk = Desk().start().step(9.5)
    desk.give(OverridePhi(by=LEAD, phi=2.0))
    assert (how(desk), desk.task.phi, len(learned(desk))) == ("succeeded", 2.0, 1)
    assert isinstance(desk.records[-1], ScoreStands)


def test_a_score_under_review_waits_for_people() -> None:
    """Accepted by the requester, an approver or an overrider, it stands and the task goes on."""
    for by in (REQUESTER, APPROVER, LEAD):
        desk = review()
        assert isinstance(desk.phase, AwaitingScoreReview)
        assert desk.newest("proposal").state == "review"
        desk.give(desk.acceptance(by))
        assert (desk.kind, desk.newest("proposal").words) == ("thinking", f"Accepted by <@{by.id}>.")


def test_a_review_is_not_ended_by_others_or_for_another_score() -> None:
    """It stays under review."""
    desk = review()
    desk.refuses(desk.acceptance(GUEST))
    desk.refuses(AcceptScore(by=REQUESTER, digest=Digest("0" * 32)))


def test_an_override_ends_the_review_with_the_persons_score() -> None:
    """And the task by it, where it is enough."""
    desk = review()
    desk.give(OverridePhi(by=LEAD, phi=9.5))
    assert how(desk) == "succeeded"
    assert desk.newest("proposal").words == f"Overridden by <@{LEAD.id}>."


def test_the_score_of_the_whole_is_reviewed_on_a_card_of_its_own() -> None:
    """There is no step that it belongs to."""
    desk = scoring_done().limited(review_scores=True)
    desk.scored(8.0)
    assert (desk.card.about, desk.card.run, desk.card.state) == ("step", None, "review")
    desk.give(desk.acceptance(LEAD))
    assert how(desk) == "succeeded"


def test_a_failed_step_is_shown_as_failed_after_its_review() -> None:
    """Accepting a score does not make a step a success."""
    desk = Desk(rules=limits(review_scores=True)).running()
    desk.ended(ok=False)
    desk.scored(2.0)
    desk.give(desk.acceptance(REQUESTER))
    assert desk.newest("proposal").state == "failed"


def test_a_card_that_is_gone_is_replaced_by_one_with_the_score() -> None:
    """What ran is shown, even if its card was lost."""
    desk = Desk().start()
    desk.reply(Propose(tool="read_status", args_json='{"service":"cart"}'))
    desk.claim()
    desk.ended(ok=False)
    desk.scored(1.0)
    assert (desk.card.about, desk.card.state) == ("step", "failed")


def test_the_course_of_a_long_task_stays_short_and_keeps_its_ends() -> None:
    """Thinned out, not cut off."""
    tally = Desk().start().task.tally
    for nth in range(200):
        tally = with_point(tally, 0.0, nth / 20)
        assert len(tally.course) <= 16
    assert (tally.course[0], tally.course[-1]) == (0.0, 9.95)


def test_scores_wait_through_a_pause() -> None:
    """A paused review is a review again."""
    desk = paused(review)()
    assert desk.newest("proposal").state == "paused"
    desk.give(desk.resuming())
    assert desk.newest("proposal").state == "review"
