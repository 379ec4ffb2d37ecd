"""Takes a thread's lease, has it drained, and gives the lease back. Decides nothing.

What fails for now is tried again later through the due index, ever more slowly.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

import structlog

from agent_core.checkpoint import Checkpoint
from agent_core.draining import Draining
from agent_core.giving import Task
from agent_core.keeping import LEASE_S, Keeper
from agent_core.perform import Performer
from agent_core.phases import AwaitingApproval, Finished, Opening, Phase
from agent_core.ports import (
    NO_VERSION,
    Clock,
    Held,
    Index,
    Lease,
    LeaseLost,
    Loaded,
    Quarantined,
    StoreDown,
    Surface,
    SurfaceBusy,
    SurfaceGone,
    SurfaceRefused,
    Taking,
    TaskLine,
)
from agent_core.proposal import Proposal
from agent_core.rules.due import due
from agent_core.runtime import Runtime
from agent_core.words import EffectId, PersonId, ThreadId, effect_id_of

log = structlog.get_logger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
STUCK = (
    "Something is broken on my side, and this task can't go on for now. Nothing is lost: I try again every minute. "
    "Whoever runs me finds the cause in my log."
)


class Worker:
    """Drains threads. ``name`` tells this worker from all others, in claims and leases."""

    def __init__(  # noqa: PLR0913 - each port is named at the call
        self, runtime: Runtime, performer: Performer, *, index: Index, surface: Surface, clock: Clock, name: str
    ) -> None:
        """Hold the ports; nothing is opened here."""
        self._runtime = runtime
        self._store = runtime.store
        self._performer = performer
        self._index = index
        self._surface = surface
        self._clock = clock
        self._name = name
        self._failures: dict[ThreadId, int] = {}
        self._woken: dict[ThreadId, asyncio.Event] = {}
        self._leaving = asyncio.Event()
        self._keeper = Keeper(self._store, clock, self._show_progress, lease_s=LEASE_S)

    def leave(self) -> None:
        """Begin no more work; what runs may end, and then its thread is given back with what is left to do."""
        self._leaving.set()
        for event in self._woken.values():
            event.set()

    def nudge(self, thread_id: ThreadId) -> bool:
        """Tell a drain that is under way here that there is more; say False if there is none."""
        event = self._woken.get(thread_id)
        if event is not None:
            event.set()
        return event is not None

    @property
    def taking(self) -> Taking:
        """Under which lease this worker drains."""
        return Taking(self._name, LEASE_S)

    async def drain(self, thread_id: ThreadId, lease: Lease | None = None) -> bool:
        """Perform all that is pending in a thread, unless another worker has it; never raises for one thread's sake.

        ``lease`` is the lease, where it was taken just now for this worker. False says that the store did not answer:
        what it was asked last may have been done, and the lease be this worker's still.
        """
        if thread_id in self._woken:
            return True
        woken = self._woken[thread_id] = asyncio.Event()
        try:
            is_due = True
            # Woken: something came between the last look and giving the lease back.
            while (is_due or woken.is_set()) and not self._leaving.is_set():
                woken.clear()
                lease = lease or await self._store.take(thread_id, *self.taking)
                if lease is None:
                    return True
                self._trust_in(lease)
                is_due, lease = await self._while_leased(lease, woken), None
            if lease is not None:
                await self._give_back(lease)
        except StoreDown as down:
            log.warning("store does not answer", thread_id=thread_id, why=str(down))
            return False
        except LeaseLost:
            log.warning("lease lost; another worker goes on", thread_id=thread_id)
        except Exception:
            log.exception("drain ended badly; it is looked at again when its lease ends", thread_id=thread_id)
        finally:
            del self._woken[thread_id]
        return True

    def _trust_in(self, lease: Lease) -> None:
        """Know what of that which is pending nobody can have tried; after another's lease, all of it may have been."""
        if not lease.alone:
            self._runtime.forget(lease.thread_id)
        if lease.first and lease.found is not None:
            self._runtime.trust(lease.found.pending)

    async def _while_leased(self, lease: Lease, woken: asyncio.Event) -> bool:
        """Drain while the lease is kept, and say whether there is more; when it can't be kept, stop everything."""
        try:
            with self._keeper.keeping(lease):
                return await self._guarded(lease, woken)
        except (asyncio.CancelledError, StoreDown):  # A store that was slow for a moment answers again.
            await self._give_back(lease)
            raise

    async def _give_back(self, lease: Lease, settled: Collection[EffectId] = ()) -> None:
        """Let whoever starts next go on at once with what was stopped here."""
        try:
            await self._store.release(lease, version=NO_VERSION, due=None, settled=sorted(settled))
        except StoreDown as down:
            log.warning("lease not given back; it ends by itself", thread_id=lease.thread_id, why=str(down))

    async def _show_progress(self, thread_id: ThreadId) -> None:
        """List what goes on in a drain that takes long."""
        with suppress(Quarantined):  # the drain finds that out by itself
            await self._list(await self._store.load(thread_id))

    async def _guarded(self, lease: Lease, woken: asyncio.Event) -> bool:
        """Drain, and say whether there is more; what can't be done now is put off, what can't be trusted left alone."""
        thread_id = lease.thread_id
        nothing = Loaded(checkpoint=None, head="", length=0, now=self._clock.now())
        task = Task(thread_id=thread_id, loaded=nothing, worker=self._name, clock=self._clock)
        try:
            draining = Draining(self._store, self._performer, self._clock, lease=lease, task=task)
            is_due = await self._let_go(lease, task, is_done=await draining.run(woken, self._leaving))
            self._failures.pop(thread_id, None)
        except SurfaceBusy as busy:
            await self._later(lease, task, busy.retry_after_s)
        except Held as held:
            await self._later(lease, task, held.again_in_s)
        except Quarantined as no:
            await self._quarantine(lease, no)
        except (LeaseLost, StoreDown):
            raise
        except Exception as error:
            failures = self._failures[thread_id] = self._failures.get(thread_id, 0) + 1
            back_off_s = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
            log.exception("drain failed", thread_id=thread_id, error=type(error).__name__, again_in_s=back_off_s)
            if failures == len(BACK_OFF_S):
                await self._say(thread_id, STUCK, nth=1)
            await self._later(lease, task, back_off_s)
        else:
            return is_due
        return False

    async def _say(self, thread_id: ThreadId, words: str, *, nth: int) -> None:
        """Say once in a thread what is wrong with it, as far as it can be said."""
        with suppress(SurfaceGone, SurfaceBusy, SurfaceRefused):
            await self._surface.say(thread_id, words, effect_id_of(thread_id, 0, nth), fresh=False)

    async def _later(self, lease: Lease, task: Task, seconds: float) -> None:
        """Give the lease back until later, or until now where somebody has moved the task since it was seen here."""
        loaded = await self._store.load(lease.thread_id)
        seen = task.checkpoint or loaded.checkpoint
        due_at, settled = loaded.now + timedelta(seconds=seconds), sorted(task.performed)
        await self._store.release(lease, version=seen.version if seen else 0, due=due_at, settled=settled)

    async def _quarantine(self, lease: Lease, no: Quarantined) -> None:
        """Leave a thread alone whose bytes can't be trusted, and say so in it."""
        log.error("thread quarantined", thread_id=lease.thread_id, why=no.words)
        await self._say(lease.thread_id, no.sentence, nth=0)
        await self._store.quarantine(lease.thread_id)

    async def _list(self, loaded: Loaded) -> None:
        """Keep in the team's list how the task now stands; one that has begun in its own thread stands there alone."""
        checkpoint = loaded.checkpoint
        begun_as = opened_as(checkpoint.phase) if checkpoint else None
        if begun_as is not None:
            with suppress(Quarantined):  # its own drain finds that out
                await self._list(await self._store.load(begun_as))
        if checkpoint is not None:
            line = line_of(checkpoint, loaded)
            await (self._index.put(line) if begun_as is None else self._index.remove(line))

    async def _let_go(self, lease: Lease, task: Task, *, is_done: bool) -> bool:
        """List the task as it now is, and give the lease back; say whether something has come meanwhile."""
        checkpoint = task.checkpoint
        if not is_done:
            await self._give_back(lease, settled=task.performed)
            return False
        if checkpoint is None:
            return await self._store.release(lease, version=0, due=None)
        await self._list(task.loaded)
        return await self._store.release(
            lease, version=checkpoint.version, due=due(checkpoint), settled=sorted(task.performed)
        )


def line_of(checkpoint: Checkpoint, loaded: Loaded) -> TaskLine:
    """Say how lists show a task."""
    phase, was = checkpoint.phase, checkpoint.underlying
    proposal = was.proposal if isinstance(was, AwaitingApproval) else None
    return TaskLine(
        thread_id=checkpoint.thread_id,
        version=checkpoint.version,
        requester=checkpoint.requester,
        purpose=checkpoint.purpose[:300],
        phase="finished" if opened_as(phase) else phase.kind,
        how=phase.how if isinstance(phase, Finished) else "",
        phi=checkpoint.phi,
        card_ts=checkpoint.cards[-1].ts if checkpoint.cards else None,
        may_decide=tuple(requirement.approvers for requirement in proposal.missing()) if proposal else (),
        not_by=barred(proposal, checkpoint.requester) if proposal else (),
        updated_at=loaded.now,
    )


def opened_as(phase: Phase) -> ThreadId | None:
    """Name the thread that an opening led to; the task goes on there, and its opening is over."""
    return phase.opened_as if isinstance(phase, Opening) else None


def barred(proposal: Proposal, requester: PersonId) -> tuple[PersonId, ...]:
    """Name those whose yes counts no more: who gave it already, and whom policy bars."""
    given = [approval.by.id for approval in proposal.approvals]
    if proposal.not_requester:
        given.append(requester)
    if proposal.not_editor and proposal.editor is not None:
        given.append(proposal.editor)
    return tuple(given)
