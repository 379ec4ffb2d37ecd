"""A worker that is told to go ends what it began, begins nothing more, and gives the rest to whoever is left."""

from agent_core.fakes import FakeSurface, turns
from agent_core.fakes.surface import Posted
from agent_core.inputs import Open
from agent_core.keeping import LEASE_S
from agent_core.phases import Acting, Finished
from tests.core.workshop import Workshop, settled, step
from tests.examples import OPENING_THREAD, REQUESTER, THREAD


async def test_a_call_that_runs_may_end_and_what_follows_is_another_worker_s() -> None:
    """A rolling upgrade costs nobody a question about what happened."""
    shop = Workshop(step(), step(service="api"), figures=(5.0, 9.5))
    leaving = shop.process
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await turns(200)
    leaving.worker.leave()
    await turns(200)
    assert not drain.done()
    done.set()
    await settled(drain)
    assert not isinstance(await shop.phase(), Acting)
    assert len(shop.model.asked) == 1
    assert await shop.store.overdue(10) == [THREAD]
    shop.restarted()
    await shop.drain()
    assert len(shop.model.asked) == 2
    assert len(shop.tools.calls) == 1
    await shop.proposal()


async def test_who_is_leaving_begins_nothing() -> None:
    """Not a call, not a question to a model, not a drain."""
    shop = Workshop()
    await shop.begin()
    shop.process.worker.leave()
    await shop.drain()
    assert shop.model.asked == []
    assert await shop.store.overdue(10) == [THREAD]
    shop.restarted()
    await shop.drain()
    await shop.proposal()


async def test_who_is_leaving_still_ends_a_task_that_needs_nothing_more() -> None:
    """What is left then is nothing, and the thread is not looked at again for it."""
    shop = Workshop(figures=(9.5,))
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await turns(200)
    shop.process.worker.leave()
    done.set()
    await settled(drain)
    shop.restarted()
    await shop.drain()
    assert isinstance(await shop.phase(), Finished)
    assert await shop.pending() == {}


class Watched(FakeSurface):
    """A surface that remembers whether it was asked to look for what it posts."""

    def __init__(self) -> None:
        super().__init__()
        self.fresh: list[bool] = []

    async def _post(self, posted: Posted, *, fresh: bool) -> str:
        self.fresh.append(fresh)
        return await super()._post(posted, fresh=fresh)


async def opened_elsewhere() -> tuple[Workshop, Watched]:
    """Give a task whose parent message one process committed and another is to post."""
    shop = Workshop()
    shop.surface = surface = Watched()
    await shop.give(Open(by=REQUESTER, purpose="Restart it."), OPENING_THREAD)
    shop.restarted()
    return shop, surface


async def test_what_another_process_committed_is_posted_without_looking_where_nobody_has_drained() -> None:
    """Looking costs one of few calls that Slack allows, for each task; and nobody can have posted it before."""
    shop, surface = await opened_elsewhere()
    await shop.drain(OPENING_THREAD)
    assert surface.fresh == [True]


async def test_what_somebody_may_have_tried_is_looked_for_first() -> None:
    """He took the lease, and died: his post may stand there."""
    shop, surface = await opened_elsewhere()
    lease = await shop.store.take(OPENING_THREAD, "dead", LEASE_S)
    assert lease is not None
    shop.clock.move(LEASE_S + 1)
    await shop.drain(OPENING_THREAD)
    assert surface.fresh == [False]
