"""Explores stories in as many processes as there are processors but one, each group of them in a world of its own."""

import gc
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import structlog

from tests.enumerator.explore import Explorer, Plan, Told
from tests.enumerator.legs import Walker
from tests.enumerator.scenarios import BY_NAME
from tests.enumerator.world import Build

HANDS = max(1, (os.cpu_count() or 1) - 1)  # ``make test`` runs another part beside it


def silence() -> None:
    """Keep what processes say to themselves while they are struck out of the report."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def ready() -> None:
    """Be one of the crew: nearly all that is made here is kept to the end, so it is seldom looked through."""
    silence()
    gc.set_threshold(100_000, 20, 100)


def explored(names: Sequence[str], plan: Plan, *, immediate: bool) -> list[Told]:
    """Explore stories one after the other; legs that they share are walked once.

    Where minds answer at once, who commits does not drain, so that both ways are gone with few points and with many.
    """
    with Walker(Build(immediate=immediate, takes=not immediate)) as walker:
        explorer = Explorer(walker, plan)
        return [explorer.explore(BY_NAME[name]) for name in names]


def explore(groups: Sequence[Sequence[str]], plan: Plan, *, immediate: bool = False) -> Iterator[Told]:
    """Explore groups of stories at the same time, and tell of each group when it is done."""
    with ProcessPoolExecutor(HANDS, mp_context=get_context("spawn"), initializer=ready) as crew:
        work: list[Future[list[Told]]] = [crew.submit(explored, group, plan, immediate=immediate) for group in groups]
        for done in as_completed(work):
            yield from done.result()


def in_groups(names: Sequence[str]) -> list[Sequence[str]]:
    """Give each process its share of stories, the same every time."""
    return [names[nth::HANDS] for nth in range(HANDS)]
