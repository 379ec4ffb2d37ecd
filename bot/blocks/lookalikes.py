"""Letters that pass for others: a value that has some is marked, with its code points. Pure.

No table of all confusables: few rules that leave honest text of one script alone. Suspect are characters that
normalise to others, known twins of ASCII, words of mixed scripts, words made of twins only, foreign digits, and dashes
that stand where an option's hyphen would.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from bot.blocks.shown import script_of

TWINS = frozenset(
    "ıȷɑɡɩʋƅǀǃʹʺʻʼʽˈˊˋː˂˃˗"  # noqa: RUF001 - these are the look-alikes
    "‐‒⁃−′″‵‶‚‛‹›⁄∕∖∗∣∶⧵⧸╱╲꞉ꞌꓸ٪۔"  # noqa: RUF001 - the same
)
HONEST = frozenset("…™µ，！？：；（）～")  # noqa: RUF001 - normalise to others, yet belong to prose
EAST_ONLY = frozenset("，！？：；（）～")  # noqa: RUF001 - the same, in East Asian text
TURKISH = frozenset("ğşİçöüĞŞÇÖÜ")
CYRILLIC_TWINS = frozenset("аеорсухіјѕһԁԛԝӏҽАВЕКМНОРСТУХІЈЅҮӀԚԜ")
GREEK_TWINS = frozenset("ονρυικαχγτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
LATIN_TWIN_SCRIPTS = frozenset({"CHEROKEE", "LISU", "COPTIC", "DESERET", "GOTHIC", "OLD", "CANADIAN", "OSAGE"})
EAST = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
DASH = re.compile(r"(?:^|(?<=\s))[–—―](?=\S)")  # noqa: RUF001 - dashes that pass for a hyphen
PARTS = re.compile(r"[^\s/.,:;_@\-]+")
WORD = re.compile(r"[^\s/:@,;\"'()<>]+")
HOST_CHARS = 253
DOTLESS_I = "\N{LATIN SMALL LETTER DOTLESS I}"
# First words of names that are no script's: punctuation, marks and forms.
NO_SCRIPTS = frozenset({
    "", "MODIFIER", "COMBINING", "RIGHT", "LEFT", "DOUBLE", "SINGLE", "EM", "EN", "MIDDLE",
    "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC", "HORIZONTAL", "BULLET", "INVERTED", "PRIME", "HYPHEN", "SECTION",
    "PILCROW", "MASCULINE", "FEMININE", "MICRO", "PER", "ONE", "MATHEMATICAL",
})  # fmt: skip
LISTED = 6
WHITE = re.compile(r" {4,}|\t{2,}|\n{4,}")
NAMES = {" ": "spaces", "\t": "tabs", "\n": "line breaks"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a whole text says about one of its characters: the letters in it, and their scripts."""

    letters: frozenset[str]
    scripts: frozenset[str]

    @classmethod
    def of(cls, chars: Iterable[str]) -> "Setting":
        """Look through a text's characters once."""
        letters = frozenset(char for char in chars if char.isalpha() and not char.isascii())
        return cls(letters, frozenset(script_of(char) for char in letters))


def suspects(text: str) -> tuple[str, ...]:
    """Give the characters of a text that pass for others, each once, in order."""
    if text.isascii():
        return ()
    chars = dict.fromkeys(text)
    setting = Setting.of(chars)
    found = dict.fromkeys(char for char in chars if _is_odd(char, setting))
    for part in dict.fromkeys(PARTS.findall(text)):
        if not part.isascii():
            found.update(dict.fromkeys(_odd_in_part(part, setting)))
    found.update(dict.fromkeys(DASH.findall(text)))
    return tuple(found)


def _is_odd(char: str, setting: Setting) -> bool:
    if char.isascii():
        return False
    if char in EAST_ONLY:
        return not setting.scripts & EAST
    if char in HONEST or (char == DOTLESS_I and TURKISH & setting.letters):
        return False
    return char in TWINS or _normalises(char) or _is_of_another_alphabet(char, setting)


def _normalises(char: str) -> bool:
    """Tell whether a character is another's compatibility form or its double, or a mark that could be composed."""
    parts = unicodedata.decomposition(char).split()
    return script_of(char) == "COMBINING" or (bool(parts) and (parts[0].startswith("<") or len(parts) == 1))


def _is_of_another_alphabet(char: str, setting: Setting) -> bool:
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    if category == "Nd":
        return script_of(char) not in setting.scripts
    is_drawn = category == "So" and "LATIN" in name
    return is_drawn or script_of(char) in LATIN_TWIN_SCRIPTS or "LETTER SMALL CAPITAL" in name


def _odd_in_part(part: str, setting: Setting) -> Iterator[str]:
    """Give what does not belong in one word: letters of another script, or a word that is all twins."""
    foreign = [char for char in part if not char.isascii() and unicodedata.category(char)[0] in "LP"]
    scripts = {script_of(char) for char in part if char.isalpha() or char in foreign}
    families = {"EAST" if script in EAST else script for script in scripts if script not in NO_SCRIPTS}
    if len(families) > 1 and families != {"LATIN", "EAST"}:
        yield from (char for char in foreign if script_of(char) not in NO_SCRIPTS | {"LATIN"})
    for twins in (CYRILLIC_TWINS, GREEK_TWINS):
        if len(part) > 1 and setting.letters <= twins and twins.issuperset(part):
            yield from part


def remarks(text: str) -> tuple[str, ...]:
    """Say what a reader of a value should know: characters that pass for others, hosts in punycode, long white runs."""
    said: list[str] = []
    odd = suspects(text)
    if odd:
        listed = ", ".join(f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip() for char in odd[:LISTED])
        rest = f" and {len(odd) - LISTED} more" if len(odd) > LISTED else ""
        said.append(f"mixed scripts or look-alike characters: {listed}{rest}")
        said.extend(f"host in punycode: {host}" for host in _punycode(text))
    longest = max(WHITE.findall(text), key=len, default="")
    if longest:
        said.append(f"{len(longest)} {NAMES[longest[0]]} in a row")
    return tuple(said)


def _punycode(text: str) -> Iterator[str]:
    """Write the first word that may be a host, and is not ASCII, as the network would."""
    hosts = (word for word in WORD.findall(text) if "." in word.strip(".") and len(word) <= HOST_CHARS)
    for host in islice((host for host in hosts if not host.isascii()), 1):
        labels = (
            label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii") for label in host.split(".")
        )
        yield ".".join(labels)
