"""A journal decided anew gives the task back, and the first line that is decided otherwise is named."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.checkpoint import Checkpoint
from agent_core.decide import LEADS_TO
from agent_core.effects import Learn
from agent_core.history import Difference, Replay
from agent_core.inputs import Approve, Correct, Input, Start, Teach
from agent_core.lesson import Lesson
from agent_core.proposal import canonical
from agent_core.records import Decided, Entry, Line, Note, Proposed
from agent_core.rules.book import Rules
from agent_core.rules.digests import state_of
from agent_core.transition import Transition
from agent_core.words import ThreadId
from tests.core.decide.desk import Desk
from tests.core.decide.moves import VARIANTS, Picker, walk
from tests.core.decide.office import RULES
from tests.core.workshop import Workshop, step
from tests.examples import APPROVER, LEAD, NOON, NOTE, OVERRIDE, REQUESTER, TEAM, THREAD, new_task

ROWS = st.lists(st.integers(0, 255), min_size=20, max_size=300)


def replayed(lines: list[Line], rules: Rules = RULES, lessons: tuple[Lesson, ...] = ()) -> Replay:
    """Replay a whole journal."""
    replay = Replay(thread_id=THREAD, rules=rules, lessons=lessons)
    for line in lines:
        replay.take(line)
    return replay


async def worked() -> Workshop:
    """Bring a task of one read and one approved step to its end, with a refusal on the way."""
    shop = Workshop(step("read_status"), step(), figures=(2.5, 9.5))
    proposal = await shop.until_waiting()
    await shop.refused(Approve(by=REQUESTER, digest=proposal.digest, version=proposal.version))
    await shop.approve()
    await shop.drain()
    return shop


@dataclass(kw_only=True)
class Recording(Desk):
    """A desk that keeps the journal as the store would, and the rules under which each line was decided."""

    lines: list[tuple[Entry, Rules]] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)

    def give(self, given: Input) -> Transition:
        """Keep what was accepted."""
        rules, now = replace(self.rules, lessons=()), self.now
        done = super().give(given)
        version = done.checkpoint.version
        line = Entry(version=version, at=now, policy_version=rules.policy.version, input=given, records=done.records)
        self.lines.append((line, rules))
        self.lessons += [effect.lesson for effect in done.effects if isinstance(effect, Learn)]
        return done


async def test_a_journal_decided_anew_ends_as_the_task_that_is_stored() -> None:
    """The record is the task: whoever has one has the other."""
    shop = await worked()
    replay = replayed(await shop.lines())
    assert replay.ends_as(await shop.task()) is None
    assert replay.checkpoint == await shop.task()


@settings(max_examples=100, deadline=None)
@given(ROWS, st.integers(0, len(VARIANTS) - 1))
def test_no_row_of_inputs_gives_a_journal_that_replays_to_another_task(row: list[int], variant: int) -> None:
    """Whatever happened, and however the policy changed on the way, under the rules of each line's own time."""
    desk = Recording(rules=replace(RULES, limits=VARIANTS[variant]))
    desk.start()
    walk(desk, Picker(iter(row)))
    replay = Replay(thread_id=THREAD, rules=RULES, lessons=desk.lessons)
    for line, rules in desk.lines:
        replay.rules = rules
        replay.take(line)
    assert replay.ends_as(desk.task) is None


async def test_each_line_is_given_back_with_the_effects_that_it_commanded() -> None:
    """No journal line holds them; they follow from it."""
    shop = await worked()
    replay = Replay(thread_id=THREAD, rules=RULES)
    made = [
        effect.kind
        for line in await shop.lines()
        for done in [replay.take(line)]
        if done.transition is not None
        for effect in done.transition.effects
    ]
    assert made.count("run_tool") == 2
    assert made.count("ask_model") >= 2
    assert "notify" in made


async def test_a_note_moves_nothing() -> None:
    """Refusals stand between the lines of a journal."""
    shop = await worked()
    lines = await shop.lines()
    assert any(isinstance(line, Note) for line in lines)
    replay = replayed([NOTE, *(line for line in lines if isinstance(line, Entry)), NOTE])
    assert replay.ends_as(await shop.task()) is None


async def test_the_first_line_with_other_records_is_named_and_nothing_after_it() -> None:
    """A record that says that somebody approved who did not is found where it stands."""
    shop = await worked()
    lines = await shop.lines()
    (at,) = [nth for nth, line in enumerate(lines) if isinstance(line, Entry) and isinstance(line.input, Approve)]
    line = lines[at]
    assert isinstance(line, Entry)
    forged = tuple(replace(record, by=(LEAD.id,)) if isinstance(record, Decided) else record for record in line.records)
    replay = replayed([*lines[:at], replace(line, records=forged), *lines[at + 1 :]])
    found = replay.difference
    assert found is not None
    assert (found.position, found.version, found.what) == (at, line.version, "approve")
    assert found.recorded == "Decided.by[0] = 'U0LEAD'"
    assert found.decided == "Decided.by[0] = 'U0APPROVER'"
    assert not found.other_policy


async def test_a_line_that_is_missing_shows_as_the_next_ones_difference() -> None:
    """Without the approval the claim is not what comes next."""
    shop = await worked()
    lines = [line for line in await shop.lines() if not (isinstance(line, Entry) and isinstance(line.input, Approve))]
    found = replayed(lines).difference
    assert found is not None
    assert found.what == "tool_started"


async def test_an_input_that_would_be_refused_today_is_a_difference_in_words() -> None:
    """The sentence that a person would get."""
    shop = await worked()
    lines = await shop.lines()
    first = lines[0]
    assert isinstance(first, Entry)
    empty = replace(first, input=Start(by=REQUESTER, purpose=" "))
    found = replayed([empty, *lines[1:]]).difference
    assert found is not None
    assert found.decided.startswith("refused: Say what is to be done.")


async def test_a_line_of_another_version_is_a_difference() -> None:
    """Effects are named by versions."""
    shop = await worked()
    first = (await shop.lines())[0]
    assert isinstance(first, Entry)
    found = replayed([replace(first, version=2)]).difference
    assert found is not None
    assert (found.recorded, found.decided) == ("version 2", "version 1")


async def test_a_record_that_is_missing_or_too_many_is_a_difference() -> None:
    """Each accepted input has all its records, and no other."""
    shop = await worked()
    lines = await shop.lines()
    at = next(nth for nth, line in enumerate(lines) if isinstance(line, Entry) and line.records)
    line = lines[at]
    assert isinstance(line, Entry)
    found = replayed([*lines[:at], replace(line, records=())]).difference
    assert found is not None
    assert (found.recorded, found.decided) == ("nothing more", "proposed")


async def test_under_another_policy_the_difference_says_so() -> None:
    """It is not the journal that is wrong."""
    shop = await worked()
    rules = replace(RULES, policy=replace(RULES.policy, version="p2", rules=()))
    found = replayed(await shop.lines(), rules).difference
    assert found is not None
    assert found.other_policy
    assert (found.policy_then, found.policy_now) == ("p1", "p2")


async def test_what_is_only_called_otherwise_today_is_no_difference() -> None:
    """A rule was added for another tool, and the program was rebuilt: nothing would be decided otherwise."""
    shop = await worked()
    tools = {name: replace(spec, fingerprint=f"new-{name}") for name, spec in RULES.tools.items()}
    rules = replace(RULES, policy=replace(RULES.policy, version="p2"), tools=tools)
    assert replayed(await shop.lines(), rules).ends_as(await shop.task()) is None


async def test_what_is_called_for_is_never_said_in_a_difference() -> None:
    """Some arguments are secret."""
    shop = await worked()
    lines = await shop.lines()
    at = next(nth for nth, line in enumerate(lines) if isinstance(line, Entry) and line.records)
    line = lines[at]
    assert isinstance(line, Entry)
    (made, *_) = line.records
    assert isinstance(made, Proposed)
    call = replace(made.proposal.call, args_json='{"service":"hush"}')
    forged = replace(made, proposal=replace(made.proposal, call=call))
    found = replayed([*lines[:at], replace(line, records=(forged,))]).difference
    assert found is not None
    assert found.recorded == "Proposed.proposal.call.args_json = arguments that are not shown here"


async def test_a_task_that_is_not_what_its_journal_makes_is_named_by_its_field() -> None:
    """Somebody wrote the task and not its journal."""
    shop = await worked()
    stored = replace(await shop.task(), phi=1.0)
    found = replayed(await shop.lines()).ends_as(stored)
    assert isinstance(found, Difference)
    assert (found.position, found.recorded, found.decided) == (None, "Checkpoint.phi = 1.0", "Checkpoint.phi = 9.5")


async def test_an_empty_journal_is_no_task() -> None:
    """And a stored task needs one."""
    found = replayed([]).ends_as(new_task())
    assert found is not None
    assert found.decided == "Checkpoint = None"


async def test_lessons_count_from_when_they_had_reached_the_log() -> None:
    """A lesson taught in the minute before a line may or may not have been known when it was decided."""
    shop = Workshop(step(), step("read_status"))
    await shop.begin()
    await shop.give(Teach(by=LEAD, when="tool = restart_service", do="deny"))
    await shop.drain()
    lessons = await shop.lessons.of(new_task().team)
    assert len(lessons) == 1
    lines = await shop.lines()
    assert replayed(lines, lessons=lessons).ends_as(await shop.task()) is None


@pytest.mark.parametrize("seconds", [-30, 30, 3600])
async def test_a_lesson_of_another_time_does_not_change_what_was_decided(seconds: int) -> None:
    """Taught later, or so shortly before that it had not landed yet."""
    shop = await worked()
    taught = Workshop()
    await taught.begin()
    await taught.give(Teach(by=LEAD, when="tool = restart_service", do="deny"))
    await taught.drain()
    (lesson,) = await taught.lessons.of(new_task().team)
    lesson = replace(lesson, at=NOON + timedelta(seconds=seconds))
    assert replayed(await shop.lines(), lessons=(lesson,)).ends_as(await shop.task()) is None


async def test_a_correction_is_replayed_with_the_actors_answer() -> None:
    """The model is not asked again: its replies stand in the journal."""
    shop = Workshop(step(), step(service="checkout"))
    await shop.until_waiting()
    await shop.give(Correct(by=REQUESTER, text="Use checkout instead."))
    await shop.drain()
    assert isinstance((await shop.proposal()).call.args["service"], str)
    replay = replayed(await shop.lines())
    assert replay.ends_as(await shop.task()) is None
    assert isinstance(replay.checkpoint, Checkpoint)
    assert APPROVER.id not in {message.by for message in replay.checkpoint.messages}


async def test_a_line_that_our_own_code_can_no_longer_decide_is_a_difference_and_no_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A defect of today's must not hide what was decided then."""
    shop = await worked()
    monkeypatch.setitem(LEADS_TO, "thinking", {})
    found = replayed(await shop.lines()).difference
    assert found is not None
    assert found.decided.startswith("broken: every way is in LEADS_TO")


async def test_two_tasks_that_a_line_may_have_led_to_are_both_followed() -> None:
    """The lesson that pins Φ came at the very moment of the start: nothing tells which until a card shows Φ."""
    shop = await worked()
    lines = await shop.lines()
    state = state_of(TEAM, "", "{}", canonical({"purpose": "Restart the checkout cache in staging."}))
    lesson = replace(OVERRIDE, state=state, phi=3.0, at=NOON, thread=ThreadId("T0TEAM:C0STAGING:1.000001"))
    assert replayed(lines, lessons=(lesson,)).ends_as(await shop.task()) is None
    started = replayed(lines[:1], lessons=(lesson,))
    assert started.checkpoint is not None
    assert started.checkpoint.phi == 3.0


async def test_a_long_value_is_cut_and_lists_of_other_lengths_are_counted() -> None:
    """A difference is read on a terminal."""
    shop = await worked()
    stored = await shop.task()
    long = replayed(await shop.lines()).ends_as(replace(stored, purpose="x" * 1000))
    assert long is not None
    assert len(long.recorded) < 300
    counted = replayed(await shop.lines()).ends_as(replace(stored, cards=()))
    assert counted is not None
    assert counted.recorded == "Checkpoint.cards = 0 of them"
