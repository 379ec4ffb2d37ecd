import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bot.blocks.lookalikes import remarks, suspects
from bot.blocks.shown import WEIGHT, cut, shown, weight
from tests.bot.blocks.corpora import rows

TRICKS = rows("unicode-tricks")
IDS = [row["name"] for row in TRICKS]
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\n\n \t\\\"'u0123ar\u00e9\u0430\u0435\u200b\u200d\u202e\u0301\u0300\u094d\u0915\ufe0f\u2705\U000e0061"
        ),
    ),
    max_size=60,
)


def joined(text: str) -> str:
    """Put a surrogate and its partner together, as any reader of JSON does."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def read_back(text: str) -> Any:  # noqa: ANN401 - the answer of json.loads
    """Read what is shown as a JSON string."""
    return json.loads('"' + text.replace('"', '\\"') + '"', strict=False)


@pytest.mark.parametrize("row", TRICKS, ids=IDS)
def test_every_trick_is_seen_and_every_text_can_be_read_back(row: dict[str, Any]) -> None:
    """Hidden, reordering and pushing characters are escaped, look-alikes flagged, honest texts left alone."""
    text, visible = joined(row["text"]), shown(row["text"])
    assert read_back(visible) == text
    match row["expect"]:
        case "escape":
            assert visible != text
            assert all(char >= " " for char in visible)
            assert "    " not in visible
        case "flag":
            assert all(f"U+{ord(char):04X}" in " ".join(remarks(text)) for char in suspects(text)[:1])
            assert suspects(text)
        case _:
            assert visible == text
            assert remarks(text) == ()


@pytest.mark.parametrize("row", [row for row in TRICKS if row["expect"] == "escape"], ids=lambda row: str(row["name"]))
def test_no_character_of_a_trick_stays_raw(row: dict[str, Any]) -> None:
    """One zero-width character among ten that are shown would still hide something."""
    raw = {char for char in joined(row["text"]) if not char.isascii() or not char.isprintable()}
    assert not raw & set(shown(row["text"]))


@given(HOSTILE)
@settings(max_examples=300)
def test_any_text_can_be_read_back(text: str) -> None:
    """So two different texts never look the same."""
    assert read_back(shown(text)) == joined(text)
    assert read_back(shown(text, lines=True)) == joined(text)


@given(HOSTILE)
def test_nothing_below_a_space_is_ever_raw(text: str) -> None:
    """But the line break, where lines are wanted."""
    assert all(char >= " " for char in shown(text))
    assert all(char >= " " or char == "\n" for char in shown(text, lines=True))


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("C:\\new\\u202e", "C:\\\\new\\\\u202e"),
        (" a ", r"\u0020a\u0020"),
        ("def f():\n    return 1", "def f():\\n    return 1"),
        ("a\n" + " " * 20 + "b", "a\\n" + r"\u0020" * 20 + "b"),
        ("\u0645\u0649\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u0649\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("a\u200cb", r"a\u200cb"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("x\ufe0f", r"x\ufe0f"),
        ("\U0001f441\ufe0f\u200d\U0001f5e8", "\U0001f441\ufe0f\u200d\U0001f5e8"),
        ("\u092e\u0928\u0941", "\u092e\u0928\u0941"),
        ("a\u0941", r"a\u0941"),
        ("e\u0301", "e\u0301"),
        ("\u0915\u094d\u200d", "\u0915\u094d\\u200d"),
        ("\u200d", r"\u200d"),
        ("1\u0660", "1\u0660"),
        ("\u0661\u200c\u0661", "\u0661\u200c\u0661"),
        ("a\u20e3", r"a\u20e3"),
        ("\u1780\u17b4", "\u1780\\u17b4"),
    ],
)
def test_scripts_keep_what_they_need_and_nothing_else(text: str, visible: str) -> None:
    """Joiners and marks stay where a script has them."""
    assert shown(text) == visible


def test_prose_keeps_up_to_three_line_breaks() -> None:
    """More of them would push what follows out of sight."""
    assert shown("a\n\n\nb", lines=True) == "a\n\n\nb"
    assert shown("a\n\n\n\nb", lines=True) == r"a\n\n\n\nb"


@given(HOSTILE, st.integers(0, 80))
def test_a_cut_says_how_much_is_missing(text: str, most: int) -> None:
    """What is shown and what is counted as missing are the whole text."""
    part, left = cut(text, most)
    assert len(part) <= most
    assert weight(part) <= WEIGHT * most
    assert part == shown(text[: len(text) - left])


@given(HOSTILE)
def test_the_weight_of_a_text_is_no_less_than_its_json(text: str) -> None:
    """Else a card could be too long for Slack after all."""
    assert weight(text) >= len(json.dumps(text.replace('"', "").replace("\n", ""))) - 2 - text.count("\t")


@pytest.mark.parametrize(
    "text",
    [
        "\u90e8\u7f72\uff0c\u5230\u751f\u4ea7",
        "iPhone \u90e8\u7f72",
        "\u043f\u0440\u0438\u0432\u0435\u0442, \u0440\u043e\u0441\u0430",
        "I\u015f\u0131k ve \u0131l\u0131k",
        "5 \u00b5s\u2026",
        "\u201cquoted\u201d \u2013 and \u2018so\u2019",
        "na\u00efve caf\u00e9",
        "\u0645\u0631\u062d\u0628\u0627 \u0661\u0662",
        "\u65e5\u672c\u8a9e\u30c6\u30ad\u30b9\u30c8",
        "v2-\u0441\u0435\u0440\u0432\u0438\u0441",
        "\uc548\ub155 world",
        "\u00a35 \u00b7 10 %",
        "x\u00b2"[:1],
        "\u2192 ok",
        "",
    ],
)
def test_honest_texts_are_not_flagged(text: str) -> None:
    """A warning that is usually wrong is not read when it is right."""
    assert remarks(text) == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("\u0440\u0430ypal", "CYRILLIC"),
        ("\u0440\u0430\u0443", "CYRILLIC"),
        ("\u03bf\u03c1", "GREEK"),
        ("\uff0cx", "U+FF0C"),
        ("\U0001f170dmin", "U+1F170"),
        ("\u1d00dmin", "SMALL CAPITAL"),
        ("-- \u2015x", "U+2015"),
        ("\u0430bcd\u0435fgh\u0456jk\u043e\u0441\u0440\u0445\u0455", "and 2 more"),
        ("a.\u0440\u0430\u0443.test", "xn--"),
        ("x    y", "4 spaces"),
        ("x\t\ty", "2 tabs"),
        ("x\n\n\n\ny", "4 line breaks"),
    ],
)
def test_look_alikes_and_pushes_are_named(text: str, word: str) -> None:
    """With their code points, so that a reader can check."""
    assert word in " ".join(remarks(text))
