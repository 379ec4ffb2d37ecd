"""A step that its task has forgotten is told from the journal: in full, and as the face of its card."""

from agent_core.inputs import Approve, Pause, Reject, Resume
from agent_core.kept_steps import OVER, kept_card, kept_step
from agent_core.words import CardKey, Digest
from tests.core.workshop import Workshop, step
from tests.examples import APPROVER, REQUESTER, THREAD


async def test_a_step_is_kept_with_all_that_its_call_printed() -> None:
    """Before its end there is nothing printed yet."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    waiting = await kept_step(shop.store, THREAD, proposal.digest, proposal.version)
    assert waiting is not None
    assert (waiting.proposal, waiting.output) == (proposal, None)
    await shop.approve()
    await shop.drain()
    ended = await kept_step(shop.store, THREAD, proposal.digest, proposal.version)
    assert ended is not None
    assert ended.output is not None
    assert await kept_step(shop.store, THREAD, Digest("0" * 32), 1) is None


async def test_a_forgotten_card_has_the_face_that_it_had() -> None:
    """Approved and run, or rejected: as its task knew it while it did."""
    for is_run in (True, False):
        shop = Workshop(step(), step(service="checkout"), figures=(3.0, 9.5))
        proposal = await shop.until_waiting()
        named = {"by": APPROVER, "digest": proposal.digest, "version": proposal.version}
        await shop.give(Approve(**named) if is_run else Reject(**named, reason="not_now"))  # type: ignore[arg-type]  # as named
        await shop.drain()
        known = (await shop.task()).card(proposal.card)
        kept = await kept_card(shop.store, THREAD, proposal.card)
        assert known is not None
        assert kept is not None
        assert (kept.ts, kept.state, kept.run, kept.score, kept.by) == (
            known.ts, known.state, known.run, known.score, () if is_run else known.by
        )  # fmt: skip


async def test_a_card_that_was_never_posted_is_no_card() -> None:
    """There is nothing to draw."""
    shop = Workshop()
    await shop.begin()
    assert await kept_card(shop.store, THREAD, CardKey("paused:7")) is None


async def test_a_pause_whose_end_was_not_shown_before_it_was_forgotten_is_shown_as_over() -> None:
    """A message with live buttons for ever would be a lie."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.give(Pause(by=REQUESTER))
    await shop.drain()
    (posted,) = [posted for posted in shop.surface.cards() if posted.card and posted.card.about == "paused"]
    for _ in range(3):
        await shop.give(Resume(by=REQUESTER))
        await shop.give(Pause(by=REQUESTER))
    assert posted.card is not None
    assert (await shop.task()).card(posted.card.key) is None
    await shop.drain()
    face = shop.surface.messages[posted.ts].card
    assert face is not None
    assert (face.state, face.words) == ("closed", OVER)
