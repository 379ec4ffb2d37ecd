from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings

from agent_core.checkpoint import Checkpoint
from agent_core.codec import MAGIC, PACK_FROM_BYTES, Codec, Corrupt, keyed, packed, unpacked
from agent_core.effects import Effect
from agent_core.errors import Broken
from agent_core.inputs import Input, ModelReply
from agent_core.lesson import Lesson
from agent_core.phases import Phase
from agent_core.ports import TaskLine
from agent_core.records import Line, Record
from agent_core.shapes import CAP_BYTES, EFFECT
from agent_core.stored import TASK_LINE
from agent_core.words import TeamId, thread_id_of
from tests import examples, strategies
from tests.examples import CHECKPOINTS, EFFECTS, KEY, LESSON, NOTE, OVERRIDE, RECORDS, THREAD, WAITING, WORK_ID

CODEC = Codec(KEY)
ELSEWHERE = thread_id_of("T0TEAM", "C0STAGING", "1772452800.000101")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lines() -> list[Line]:
    """Make a journal with every kind of input, record and line."""
    entries: list[Line] = [examples.entry(version, given) for version, given in enumerate(examples.INPUTS)]
    return [*entries, examples.entry(99, examples.START, *RECORDS), NOTE]


@pytest.mark.parametrize(
    ("union", "values"),
    [
        (Phase, examples.PHASES),
        (Input, examples.INPUTS),
        (ModelReply, examples.MODEL_REPLIES),
        (Effect, EFFECTS),
        (Record, RECORDS),
    ],
)
def test_the_examples_leave_out_no_kind(union: object, values: Iterable[object]) -> None:
    """A new phase, input, effect or record is stored and read by the tests below from its first day."""
    assert sorted(kind.__name__ for kind in get_args(union)) == sorted(type(value).__name__ for value in values)


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda checkpoint: checkpoint.phase.kind)
def test_every_phase_comes_back_as_it_was(checkpoint: Checkpoint) -> None:
    """A task that waits for weeks is read by another process than wrote it."""
    assert CODEC.decode(CODEC.encode(checkpoint), checkpoint.thread_id) == checkpoint


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.kind)
def test_every_effect_comes_back_as_it_was(effect: Effect) -> None:
    """What was commanded is what a worker performs."""
    assert CODEC.decode_effect(CODEC.encode_effect(WORK_ID, effect), WORK_ID) == effect


def test_every_line_and_lesson_comes_back_as_it_was() -> None:
    """The journal is decided anew and lessons are relearned from what was stored."""
    for line in lines():
        assert CODEC.decode_line(CODEC.encode_line(line)) == line
    for lesson in (LESSON, OVERRIDE):
        assert CODEC.decode_lesson(CODEC.encode_lesson(lesson), lesson.team) == lesson


@QUICK
@given(strategies.checkpoints)
def test_any_checkpoint_comes_back_as_it_was(checkpoint: Checkpoint) -> None:
    """Whatever its fields hold: the types alone decide that it can be stored."""
    assert CODEC.decode(CODEC.encode(checkpoint), checkpoint.thread_id) == checkpoint


@QUICK
@given(strategies.lines)
def test_any_line_comes_back_as_it_was(line: Line) -> None:
    """Journals are replayed, so nothing in a line may be rounded or dropped."""
    assert CODEC.decode_line(CODEC.encode_line(line)) == line


@QUICK
@given(strategies.effects, strategies.lessons, strategies.task_lines)
def test_any_effect_lesson_and_task_line_comes_back_as_it_was(effect: Effect, lesson: Lesson, line: TaskLine) -> None:
    """The same, for what does not stand in a checkpoint."""
    assert CODEC.decode_effect(CODEC.encode_effect(WORK_ID, effect), WORK_ID) == effect
    assert CODEC.decode_lesson(CODEC.encode_lesson(lesson), lesson.team) == lesson
    assert CODEC.unseal(TASK_LINE, CODEC.seal(TASK_LINE, line, THREAD), THREAD) == line


def test_a_changed_byte_is_refused_wherever_it_stands() -> None:
    """Threat A6: no bit of what is stored can be changed without the key."""
    stored = CODEC.encode(WAITING)
    for at in range(len(stored)):
        changed = bytearray(stored)
        changed[at] ^= 1
        with pytest.raises(Corrupt):
            CODEC.decode(bytes(changed), WAITING.thread_id)


def test_stored_bytes_cut_at_any_place_are_refused() -> None:
    """A write that tore is no checkpoint."""
    stored = CODEC.encode(WAITING)
    for length in range(len(stored)):
        with pytest.raises(Corrupt):
            CODEC.decode(stored[:length], WAITING.thread_id)


def test_a_checkpoint_moved_to_another_thread_is_refused() -> None:
    """An approval may not be carried over to a task that was never approved."""
    with pytest.raises(Corrupt, match="changed or moved"):
        CODEC.decode(CODEC.encode(WAITING), ELSEWHERE)


def test_an_effect_given_another_name_is_refused() -> None:
    """An effect's ID says when it is performed and what it may settle."""
    with pytest.raises(Corrupt, match="changed or moved"):
        CODEC.decode_effect(CODEC.encode_effect(WORK_ID, EFFECTS[2]), examples.CARD_POSTED.effect_id)


def test_a_lesson_copied_into_another_team_is_refused() -> None:
    """A rule binds those who taught it."""
    with pytest.raises(Corrupt, match="changed or moved"):
        CODEC.decode_lesson(CODEC.encode_lesson(LESSON), TeamId("T0OTHER"))


def test_one_shape_does_not_pass_for_another() -> None:
    """A lesson's place is a team and an effect's is a name: that they are spelled alike must not matter."""
    stored = CODEC.seal(EFFECT, EFFECTS[0], LESSON.team)
    with pytest.raises(Corrupt, match="changed or moved"):
        CODEC.decode_lesson(stored, LESSON.team)


def test_another_key_is_named_as_the_reason() -> None:
    """Whoever put a new key file in place must be told that this is why."""
    with pytest.raises(Corrupt, match="written with another key"):
        Codec(b"another key" * 4).decode(CODEC.encode(WAITING), THREAD)


def test_a_key_longer_than_blake2b_takes_counts_whole() -> None:
    """Key files may hold up to 4,096 bytes; a hash takes 64."""
    long = bytes(100)
    stored = Codec(long).encode(WAITING)
    assert Codec(long).decode(stored, THREAD) == WAITING
    with pytest.raises(Corrupt):
        Codec(long[:-1] + b"\x01").decode(stored, THREAD)


def test_parts_of_a_hash_cannot_be_shifted_into_each_other() -> None:
    """Otherwise a thread's name could borrow bytes from its content."""
    assert keyed(KEY, 16, b"ab", b"c") != keyed(KEY, 16, b"a", b"bc")


def test_short_bodies_stay_readable_and_long_ones_shrink() -> None:
    """Below the threshold packing was measured to save next to nothing."""
    short, long = b"x" * (PACK_FROM_BYTES - 1), b"x" * PACK_FROM_BYTES
    assert packed(short) == b"j" + short
    assert len(packed(long)) < len(long) // 2
    assert unpacked(packed(long)) == long


def test_what_does_not_shrink_is_kept_plain() -> None:
    """Packing must never cost."""
    noise = b"".join(keyed(KEY, 64, b"%d" % nth) for nth in range(20))
    assert packed(noise) == b"j" + noise


def test_a_value_over_the_cap_is_not_stored() -> None:
    """A task's working state is bounded; if it is not, that is a defect of ours and must not grow in silence."""
    with pytest.raises(Broken, match="under its cap"):
        CODEC.encode(replace(WAITING, memory="x" * CAP_BYTES))


@pytest.mark.parametrize(
    ("bomb", "why"),
    [
        (b"z" + zstandard.compress(bytes(CAP_BYTES + 1)), "unpacked, over the cap"),
        (b"z" + zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 24)), "unknown size"),
        (b"j" + bytes(CAP_BYTES + 1), "over the cap"),
        (b"?" + b"{}", "neither plain nor packed"),
    ],
)
def test_a_bomb_is_refused_before_it_grows(bomb: bytes, why: str) -> None:
    """A few bytes must not fill a worker's memory."""
    with pytest.raises(ValueError, match=why):
        unpacked(bomb)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_cannot_hold_is_not_stored(value: float) -> None:
    """Written as null it could never be read again, and the thread would be lost."""
    with pytest.raises(Broken, match="can be stored"):
        CODEC.encode(replace(WAITING, phi=value))


def test_text_that_is_no_unicode_is_not_stored() -> None:
    """Redis would take the bytes, and no reader ever would."""
    with pytest.raises(Broken, match="can be stored"):
        CODEC.encode(replace(WAITING, memory="\ud800"))


def test_a_value_of_the_wrong_type_is_not_stored() -> None:
    """It would come back as another value than was decided."""
    with pytest.raises(Broken, match="can be stored"):
        CODEC.encode(replace(WAITING, version="3"))  # type: ignore[arg-type]  # that is the point


def test_a_line_that_is_no_json_is_refused() -> None:
    """The chain holds for any bytes; what they mean is checked all the same."""
    for line in (b"j{", b"z{", b"j\xff", b""):
        with pytest.raises(Corrupt, match="cannot be unpacked"):
            CODEC.decode_line(line)


def test_stored_bytes_begin_with_the_name_of_their_format() -> None:
    """So that a later format can be told from this one."""
    assert CODEC.encode(WAITING).startswith(MAGIC)
