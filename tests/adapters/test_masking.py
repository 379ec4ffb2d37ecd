import pytest

from agent_core.adapters.tools.masking import MASK, mask


@pytest.mark.parametrize(
    "text",
    [
        'p/s"w&d é',
        '{"p": "p/s\\"w&d é"}',
        '{"p": "p/s\\"w&d \\u00e9"}',
        "?p=p%2Fs%22w%26d%20%C3%A9",
        "p%2Fs%22w%26d+%C3%A9",
        "cC9zIncmZCDDqQ==",
    ],
    ids=["as it is", "JSON", "ASCII JSON", "URL", "form", "base64"],
)
def test_a_secret_is_known_in_the_spellings_of_programs(text: str) -> None:
    """What goes in as an argument comes out in somebody's log format."""
    masked = mask(text, ['p/s"w&d é'])
    assert MASK in masked
    assert "w&d" not in masked
    assert "w%26d" not in masked


def test_masking_takes_the_longest_secret_and_nothing_else() -> None:
    """A secret that contains another must not leave its rest."""
    assert mask("abc abcdef xyz", ["abc", "abcdef", ""]) == f"{MASK} {MASK} xyz"
    assert mask("nothing here", []) == "nothing here"
    assert mask("x\nline-two-of-key\ny", ["line-one-of-key\nline-two-of-key"]) == f"x\n{MASK}\ny"
