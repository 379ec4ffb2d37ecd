"""S4: what is more than plain YAML is refused with its line, at once, whatever it would grow to."""

import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.words import Json
from bot.config import ConfigError
from bot.config.reading import SIZE_BYTES, parse, read

PATIENCE_S = 1.0 if sys.gettrace() is None else 5.0  # Under coverage every line of the scanner costs more.
BOMB = 'a: &a ["lol","lol","lol","lol","lol","lol","lol","lol","lol"]\n' + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusal(text: str) -> tuple[int | None, str]:
    """Give line and words of the one problem of a text."""
    with pytest.raises(ConfigError) as error:
        parse("it.yml", text)
    (problem,) = error.value.problems
    return problem.line, problem.words


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (BOMB, 1, "anchors"),
        ("version: 1\nb: *a\n", 2, "aliases"),
        ("? *a\n: 1\n", 1, "aliases"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "tags"),
        ("a: !!str 1\n", 1, "tags"),
        ("!!map {a: 1}\n", 1, "tags"),
        ("a: !local {}\n", 1, "tags"),
        ("&a {a: 1}\n", 1, "anchors"),
        ("a: 1\nb: 2\na: 3\n", 3, "it stands on line 1 already"),
        ('a: 1\n"\\u0061": 3\n', 2, "it stands on line 1 already"),
        ("x:\n  - {a: 1, a: 2}\n", 2, "it stands on line 2 already"),
        ("? [a]\n: 1\n", 1, "a key that is plain text"),
        ("a: 1\n---\nb: 1\n", 2, "one document only"),
        ("x: [" + "[" * 20 + "]" * 21, 1, "at most 20 levels"),
        ("y: " + "[" * 50_000, 1, "at most 20 levels"),
        ("x: " + '{"a":' * 40_000, 1, "at most 20 levels"),
        ("x: 1\ny: .inf\n", 2, "a finite number"),
        ("x: .nan", 1, "a finite number"),
        ("x: 1e999", 1, "a finite number"),
        ("x: 1\ny: '\x07'\n", 2, "YAML"),
        ('x: 1\ny: "\\UFFFFFFFF"\n', 1, "YAML"),
        ('x: 1\ny: "\\ud800"\n', 2, "half a surrogate"),
        ('"\\ud800": 1\n', 1, "half a surrogate"),
        ('x: 1\ny: "\\0"\n', 2, "NUL"),
        ("x: [1\n", 2, "YAML"),
        ("x: 'a\n", 2, "YAML"),
        ("%YAML 9.9\n---\nx: @\n", 1, "YAML"),
    ],
    ids=lambda value: value[:24].encode("unicode_escape").decode() if isinstance(value, str) else None,
)
def test_s4_more_than_plain_yaml_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    """Reading stops at the first event that is refused, so nothing is built of it."""
    began = time.process_time()
    found_line, found_words = refusal(text)
    assert time.process_time() - began < PATIENCE_S
    assert found_line == line
    assert words in found_words


def test_s4_ten_megabytes_are_refused_unread(tmp_path: Path) -> None:
    """The line is that on which the limit is passed."""
    path = tmp_path / "big.yml"
    path.write_text("# 23456789012345678901234567890\n" * 330_000)
    with pytest.raises(ConfigError) as error:
        read(path)
    assert str(error.value) == f"{path}:{SIZE_BYTES // 32 + 1}: expected a file of at most 256 KiB"


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    """Latin 1 is a guess, and guesses do not decide who may approve."""
    path = tmp_path / "latin.yml"
    path.write_bytes("a: 1\nb: é\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.yml:2: expected UTF-8 text"):
        read(path)


def test_a_pipe_that_ends_is_a_file_like_any_other(tmp_path: Path) -> None:
    """A byte order mark, as some editors write it, is no part of the first key."""
    path = tmp_path / "bom.yml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1\n")
    assert read(path).value == {"version": 1}


def test_on_and_yes_are_text() -> None:
    """YAML 1.1 would make True of both, and of a country called no, False."""
    assert parse("it", "on: yes\nno: [off, n, Y]\n").value == {"on": "yes", "no": ["off", "n", "Y"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("'null'", "null"), ("true", True), ("False", False), ("tRue", "tRue"),
        ("0", 0), ("-12", -12), ("+3", 3), ("007", 7), ("0o17", 15), ("0xfF", 255), ("1_000", "1_000"), ("0b1", "0b1"),
        ("'3'", "3"), ("1.5", 1.5), ("-.5", -0.5), ("2.", 2.0), ("1e3", 1000.0), ("1.e-3", 0.001), (".", "."),
        ("12:30:00", "12:30:00"), ("2026-01-01", "2026-01-01"), ("1.2.3", "1.2.3"), ("٣", "٣"), ("=", "="),
        ("<<", "<<"), ("|\n  a\n  b\n", "a\nb\n"), ("é", "é"),
    ],
    ids=repr,
)  # fmt: skip
def test_scalars_are_read_by_yaml_1_2s_core_schema(text: str, value: Json) -> None:
    """No dates, no sexagesimal numbers, no underscores: they would be another value than the reader sees."""
    read_value = parse("it", f"x: {text}").value
    assert read_value == {"x": value}
    assert isinstance(read_value, dict)
    assert type(read_value["x"]) is type(value)


def test_each_part_knows_its_line() -> None:
    """A problem where nothing stands is told at what it should stand in."""
    source = parse("it.yml", "a: 1\nb:\n  - c: 1\n    d: 2\n  - 5\n")
    assert source.lines == {
        ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 0, "c"): 3, ("b", 0, "d"): 4, ("b", 1): 5,
    }  # fmt: skip
    assert str(source.problem(("b", 0, "d"), "oh")) == "it.yml:4: b[0].d: oh"
    assert str(source.problem(("b", 0, "e", "f"), "oh")) == "it.yml:3: b[0].e.f: oh"
    assert str(source.problem((), "oh")) == "it.yml:1: oh"


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="ab:-?[]{}&*!|>'\"#%@`, \n\t\\x0\x00é\ud800", max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    """Whatever stands in the file, the operator reads words and not a stack trace."""
    with suppress(ConfigError):
        parse("it.yml", text)


def test_a_directory_that_may_not_be_read_is_refused_in_words(tmp_path: Path) -> None:
    """The system's own words say why."""
    path = tmp_path / "loop.yml"
    path.symlink_to(path)
    with pytest.raises(ConfigError, match=r"loop\.yml: expected a file that can be read"):
        read(path)
