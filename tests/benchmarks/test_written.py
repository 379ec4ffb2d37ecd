from collections import Counter

from hypothesis import given, strategies as st

from benchmarks.written import written


def command(*words: bytes) -> bytes:
    """Write a command as Redis's log has it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


KEYS = st.sampled_from([b"cs:{7}:thread:T:C:1", b"cs:{7}:journal:T:C:1", b"cs:{7}:due", b"cs:{team:T}:tasks", b"else"])


@given(st.lists(st.tuples(KEYS, st.binary(max_size=80)), max_size=20))
def test_every_byte_is_counted_once(writes: list[tuple[bytes, bytes]]) -> None:
    """Whatever a value holds, line ends and stars as well."""
    raw = b"".join(command(b"SET", key, value) for key, value in writes)
    assert written(raw).total() == len(raw)


def test_a_command_counts_for_what_its_key_is_for() -> None:
    one = command(b"RPUSH", b"cs:{7}:journal:T:C:1", b"a line\r\n*3\r\n")
    two = command(b"ZADD", b"cs:{7}:due", b"1", b"T:C:1")
    three = command(b"HSET", b"cs:{team:T}:tasks", b"T:C:1", b"a task")
    frames = command(b"MULTI") + command(b"EXEC")
    counted = Counter({"journal": len(one), "due": len(two), "list of tasks": len(three), "frames": len(frames)})
    assert written(frames + one + two + three) == counted


def test_an_annotation_of_the_log_is_no_command() -> None:
    """Redis 7 writes times between commands where it is told to."""
    one = command(b"DEL", b"cs:{7}:lease:T:C:1")
    assert written(b"#TS:1772450000\r\n" + one) == Counter({"lease": len(one)})
