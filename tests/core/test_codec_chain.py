from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.codec import HEAD_CHARS, Codec, Corrupt, Link
from tests.core.test_codec import ELSEWHERE
from tests.examples import INPUTS, KEY, THREAD, entry

CODEC = Codec(KEY)
LINES = [entry(version, given) for version, given in enumerate(INPUTS)]


def journal() -> list[Link]:
    """Make a sound journal of one line for each kind of input."""
    links: list[Link] = []
    for position, line in enumerate(LINES):
        links.append(CODEC.link(THREAD, links[-1].head if links else "", position, line))
    return links


LINKS = journal()
positions = st.integers(0, len(LINKS) - 1)


def test_a_sound_journal_verifies_and_reads_back() -> None:
    """No false alarms."""
    assert CODEC.verify(THREAD, LINKS) is None
    assert CODEC.lines(THREAD, LINKS) == LINES


def test_a_page_verifies_by_the_head_before_it() -> None:
    """Long journals are read page by page."""
    assert CODEC.lines(THREAD, LINKS[5:9], start=5, previous=LINKS[4].head) == LINES[5:9]


def test_a_link_comes_back_from_its_bytes() -> None:
    """What is chained is what is stored."""
    raw = LINKS[3].to_bytes()
    assert Link.from_bytes(raw) == LINKS[3]
    assert len(LINKS[3].head) == HEAD_CHARS


@settings(max_examples=200, deadline=None)
@given(positions, st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_named_by_its_line(position: int, offset: int, bit: int) -> None:
    """Threat A1, in the line as well as in its head."""
    raw = bytearray(LINKS[position].to_bytes())
    raw[offset % len(raw)] ^= 1 << bit
    fault = CODEC.verify(THREAD, [*LINKS[:position], Link.from_bytes(bytes(raw)), *LINKS[position + 1 :]])
    assert fault is not None
    assert fault.position == position


@given(st.integers(0, len(LINKS) - 2))
def test_a_line_taken_out_is_named_by_its_place(position: int) -> None:
    """Threat A2; that the last line is missing shows by the head that the thread itself keeps."""
    fault = CODEC.verify(THREAD, [*LINKS[:position], *LINKS[position + 1 :]])
    assert fault is not None
    assert fault.position == position


@given(positions, positions)
def test_two_lines_swapped_are_named_by_the_first(one: int, other: int) -> None:
    """Threat A2: order is part of the record."""
    swapped = list(LINKS)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    fault = CODEC.verify(THREAD, swapped)
    assert (fault.position if fault else None) == (min(one, other) if one != other else None)


@given(positions)
def test_a_line_said_twice_is_named(position: int) -> None:
    """Threat A2: one approval must not look like two."""
    fault = CODEC.verify(THREAD, [*LINKS[: position + 1], *LINKS[position:]])
    assert fault is not None
    assert fault.position == position + 1


def test_a_journal_of_another_thread_is_refused_from_its_first_line() -> None:
    """Threat A2: no transplants."""
    fault = CODEC.verify(ELSEWHERE, LINKS)
    assert fault is not None
    assert fault.position == 0
    assert "changed or moved" in fault.words


def test_a_journal_chained_without_the_key_is_refused() -> None:
    """Whoever can write to Redis can hash, but not with our key."""
    forged = Codec(b"guessed" * 5).link(THREAD, "", 0, LINES[0])
    assert CODEC.verify(THREAD, [forged]) is not None


def test_nothing_is_read_of_a_page_that_does_not_hold() -> None:
    """A page is shown whole and true, or not at all."""
    with pytest.raises(Corrupt, match="Line 1 of the journal"):
        CODEC.lines(THREAD, [LINKS[0], replace(LINKS[1], head=LINKS[2].head)])


def bared(position: int) -> list[Link]:
    """Erase words from one line of the journal."""
    previous = LINKS[position - 1].head if position else ""
    bare = CODEC.erased(LINKS[position], LINES[0], thread_id=THREAD, previous=previous, position=position)
    return [*LINKS[:position], bare, *LINKS[position + 1 :]]


@given(positions)
def test_a_journal_from_which_words_were_erased_still_verifies_and_keeps_its_heads(position: int) -> None:
    """Whoever kept a head elsewhere finds it again."""
    links = bared(position)
    assert CODEC.verify(THREAD, links) is None
    assert [link.head for link in links] == [link.head for link in LINKS]
    assert CODEC.lines(THREAD, links) == [*LINES[:position], LINES[0], *LINES[position + 1 :]]


@settings(max_examples=200, deadline=None)
@given(positions, st.integers(0, 10_000), st.integers(0, 7))
def test_a_bit_flipped_in_a_line_with_fewer_words_is_named(position: int, offset: int, bit: int) -> None:
    """It is sealed as the others are chained."""
    links = bared(position)
    raw = bytearray(links[position].to_bytes())
    raw[offset % len(raw)] ^= 1 << bit
    links[position] = Link.from_bytes(bytes(raw))
    fault = CODEC.verify(THREAD, links)
    assert fault is not None
    assert fault.position == position


@given(positions, positions)
def test_a_line_with_fewer_words_stands_in_its_own_place_only(one: int, other: int) -> None:
    """Nor can it be brought from another thread, or made without the key."""
    links = bared(one)
    moved = [*LINKS[:other], links[one], *LINKS[other + 1 :]]
    assert (CODEC.verify(THREAD, moved) is None) == (one == other)
    assert CODEC.verify(ELSEWHERE, links) is not None
    assert Codec(b"guessed" * 5).verify(THREAD, links[one : one + 1], start=one) is not None
