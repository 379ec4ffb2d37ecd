"""Planted bugs are found, each by its law: a net that catches nothing holds nothing."""

import pytest

from tests.enumerator.bugs import BUGS, Bug
from tests.enumerator.explore import Explorer, Plan
from tests.enumerator.legs import Walker
from tests.enumerator.replay import replay
from tests.enumerator.scenarios import BY_NAME


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found_by_its_law(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    """One fault is enough for each of them, and the schedule that found it finds it again."""
    for place, function in bug.patches.items():
        monkeypatch.setattr(place, function)
    with Walker(bug.build) as walker:
        broken = Explorer(walker, Plan(depth=1)).explore(BY_NAME[bug.scenario], until=bug.law).broken
        found = [one for one in broken if one.startswith(f"{bug.law}  [")]
        assert found, broken
        line = found[0].partition("[")[2].rstrip("]")
        assert bug.law in replay(walker, line).broken, line
