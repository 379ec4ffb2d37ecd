"""The law that stands over every runbook: a call that a person rejected is never proposed again unchanged."""

from hypothesis import given, settings, strategies as st

from agent_core.adapters.models.runbook_values import Check, Step, When
from agent_core.inputs import Done, GiveUp, Propose
from tests.adapters.models.desk import Desk, desk, of

SERVICES = ("cart", "checkout")
WORDS = st.sampled_from(
    [
        "skip", "service: cart", "service: checkout", "use cart instead of checkout", "checkout instead of cart", "hm",
        "lines: 5", "lines: 6", "service: cart, lines: 5",
    ]
)  # fmt: skip
MOVES = st.lists(st.tuples(st.sampled_from(["ran", "failed", "rejected", "corrected", "edited"]), WORDS), max_size=25)
STEPS = st.builds(
    Step,
    tool=st.sampled_from(["read_status", "read_logs"]),
    args=st.sampled_from([{"service": "{service}"}, {"service": "cart"}]),
    check=st.none() | st.just(Check(exit_code=0)),
    when=st.none() | st.just(When(step="1", check=Check(exit_code=0))),
    on_failure=st.sampled_from(["continue", "1", "2"]),
)


async def moved(task: Desk, step: Propose, move: str, words: str) -> None:
    """Have people and the world do one thing about a proposal."""
    match move:
        case "rejected":
            task.rejects(step)
        case "corrected":
            task.corrects(step, words)
        case "edited":
            await task.ran(step, args={"service": "search"})
        case _:
            await task.ran(step, outcome="ok" if move == "ran" else "failed")


@settings(max_examples=150)
@given(steps=st.lists(STEPS, min_size=2, max_size=5), moves=MOVES, service=st.sampled_from(SERVICES))
async def test_a_rejected_call_never_comes_again_unchanged(
    steps: list[Step], moves: list[tuple[str, str]], service: str
) -> None:
    """By whatever way the runbook comes back to it: another step, a jump, a correction, an answer."""
    task = desk(of(*steps, match="go (?P<service>[a-z]+)"), purpose=f"go {service}")
    for move, words in moves:
        reply = await task.ask()
        if isinstance(reply, Done | GiveUp):
            break
        if isinstance(reply, Propose):
            assert not task.checkpoint.was_rejected(task.call(reply))
            await moved(task, reply, move, words)
        else:
            task.says(words)
