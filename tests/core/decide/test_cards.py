"""Messages come, go and are copied; the card of what waits is one, and known."""

from agent_core.checkpoint import CARDS
from agent_core.effects import PostCard, UpdateCard
from agent_core.inputs import (
    Abort,
    CardLost,
    Input,
    NoApprover,
    Opened,
    Pause,
    Reply,
    ResolveUnknown,
    Resume,
    SurfaceLost,
    Teach,
    TimerFired,
)
from agent_core.phases import Opening
from agent_core.words import CardKey, EffectId
from tests.core.decide.desk import Desk
from tests.core.decide.office import SECOND
from tests.core.decide.places import opened, opening, paused, unknown, waiting
from tests.examples import GONE, LEAD, REQUESTER, THREAD

TS = "1772452900.000001"


def test_a_posted_card_is_known_by_its_message() -> None:
    """Its effect is settled, and nothing else happens."""
    desk = waiting()
    done = desk.give(desk.posted(TS))
    assert (desk.card.ts, done.effects) == (TS, ())


def test_a_card_that_changed_while_it_was_posted_is_updated() -> None:
    """The message shows an older version than holds."""
    desk = waiting()
    shown = desk.task.version
    desk.approve()
    done = desk.give(desk.posted(TS, shown=shown))
    assert done.effects == (UpdateCard(card=desk.card.key),)


def test_a_second_message_of_one_card_is_not_taken() -> None:
    """Threat B11: one live card for one proposal; the first is it."""
    desk = waiting()
    desk.give(desk.posted(TS))
    desk.give(desk.posted("1772452900.000002"))
    assert (desk.card.ts, len(desk.kept("late"))) == (TS, 1)


def test_a_card_that_is_not_kept_any_more_is_not_taken() -> None:
    """It was posted too late to matter."""
    desk = waiting()
    desk.give(desk.posted(TS, card=CardKey("none")))
    assert len(desk.kept("late")) == 1


def test_a_deleted_card_that_is_open_is_posted_again() -> None:
    """Threat B14: the same proposal, once."""
    desk = waiting()
    desk.give(desk.posted(TS))
    lost = CardLost(card=desk.card.key, ts=TS)
    done = desk.give(lost)
    assert done.effects == (PostCard(card=desk.proposal.card),)
    assert desk.card.ts is None
    desk.refuses(lost)
    desk.approve()
    assert desk.kind == "acting"


def test_a_deleted_card_that_is_closed_stays_deleted() -> None:
    """Nobody needs it."""
    desk = waiting()
    desk.give(desk.posted(TS))
    desk.give(Abort(by=REQUESTER))
    key = desk.newest("proposal").key
    done = desk.give(CardLost(card=key, ts=TS))
    assert (done.effects, desk.task.card(key)) == ((), None)


def test_a_step_goes_on_without_its_card() -> None:
    """Somebody deleted it while people decided: nothing depends on the message."""
    for press in ("approve", "reject", "edit", "withdraw", "correct"):
        desk = Desk().start()
        desk.propose("deploy")
        desk.approve()
        desk.forget_cards()
        decisions: dict[str, Input] = {
            "approve": desk.approval(SECOND),
            "reject": desk.rejection(),
            "edit": desk.edit(service="checkout"),
            "withdraw": desk.withdrawal(),
            "correct": Reply(by=REQUESTER, text="Use checkout."),
        }
        desk.give(decisions[press])
        assert desk.kind in ("acting", "thinking", "awaiting_approval")


def test_a_finished_task_shows_its_last_message_and_nothing_open() -> None:
    """Also the cards of a pause and of a proposal at once; each is updated before it is forgotten."""
    desk = paused(waiting)()
    done = desk.give(Abort(by=REQUESTER))
    assert {effect.kind for effect in done.effects} == {"update_card", "post_card"}
    assert len(desk.task.cards) == CARDS + 1
    assert desk.card.key == "final"


def test_only_so_many_cards_are_kept() -> None:
    """The oldest to which nothing can happen any more."""
    desk = waiting()
    for _ in range(4):
        desk.give(Pause(by=REQUESTER))
        desk.give(Resume(by=REQUESTER))
    assert len(desk.task.cards) <= CARDS + 1
    assert desk.task.card(desk.proposal.card) is not None


def test_an_opening_is_closed_by_its_parent_message_alone() -> None:
    """Once; everything else is told to wait."""
    desk = opening()
    desk.refuses(Opened(effect_id=EffectId("other/1/99"), thread_id=THREAD))
    desk.refuses(Abort(by=REQUESTER))
    desk.refuses(Reply(by=REQUESTER, text="Use checkout."))
    desk.refuses(Teach(by=LEAD, when="", do="Look."))
    desk.give(Opened(effect_id=desk.work, thread_id=THREAD))
    assert isinstance(desk.phase, Opening)
    assert desk.phase.opened_as == THREAD
    desk.refuses(Opened(effect_id=EffectId("other/1/99"), thread_id=THREAD))


def test_an_opening_whose_channel_is_gone_ends_in_words_to_its_requester() -> None:
    """Whether or not its message was posted."""
    for desk in (opening(), opened()):
        done = desk.give(SurfaceLost(words="The channel is archived."))
        assert desk.kind == "finished"
        assert [effect.kind for effect in done.effects] == ["tell_requester"]


def test_nothing_depends_on_a_card_that_is_gone() -> None:
    """At the claim, at the expiry, in a correction, and where nobody may approve."""
    struck, corrected, withdrawn = Desk().released(), Desk().released(), Desk().released()
    for desk in (struck, corrected, withdrawn):
        desk.forget_cards()
    struck.claim(GONE)
    assert struck.kind == "awaiting_approval"
    corrected.give(Reply(by=REQUESTER, text="Use checkout."))
    assert corrected.kind == "thinking"
    withdrawn.give(withdrawn.withdrawal())
    assert withdrawn.kind == "awaiting_approval"
    for seconds, kind in ((601, "awaiting_approval"), (1800, "finished")):
        desk = waiting()
        desk.forget_cards()
        desk.later(seconds).give(TimerFired())
        assert desk.kind == kind
    desk = waiting()
    desk.forget_cards()
    shown = EffectId(f"{THREAD}/2/0")
    desk.give(NoApprover(effect_id=shown, card=desk.proposal.card, whom="nobody"))
    assert desk.kind == "thinking"
    desk = unknown()
    desk.forget_cards()
    proposal = desk.proposal
    desk.give(ResolveUnknown(by=REQUESTER, digest=proposal.digest, version=proposal.version, verdict="happened"))
    assert desk.kind == "scoring"
