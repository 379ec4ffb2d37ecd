"""Letters that pass for others: a value that has some is marked, with its code points. Pure.

No table of all confusables: few rules that leave honest text of one script alone. Suspect are characters that
normalise to others, known twins of ASCII, words of mixed scripts, words made of twins only, foreign digits, and dashes
that stand where an option's hyphen would.
"""

import re
import unicodedata
from collections.abc import Iterator

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
HOST = re.compile(r"[\w\-]+(?:\.[\w\-]+)+")
LISTED = 6
WHITE = re.compile(r" {4,}|\t{2,}|\n{4,}")
NAMES = {" ": "spaces", "\t": "tabs", "\n": "line breaks"}


def suspects(text: str) -> tuple[str, ...]:
    """Give the characters of a text that pass for others, each once, in order."""
    if text.isascii():
        return ()
    found = dict.fromkeys(char for char in dict.fromkeys(text) if _is_odd(char, text))
    for part in PARTS.findall(text):
        found.update(dict.fromkeys(_odd_in_part(part, text)))
    found.update(dict.fromkeys(DASH.findall(text)))
    return tuple(found)


def _is_odd(char: str, text: str) -> bool:
    if char.isascii():
        return False
    if char in EAST_ONLY:
        return not any(script_of(other) in EAST for other in text)
    if char in HONEST or (char == "ı" and TURKISH & set(text)):  # noqa: RUF001 - the dotless i of Turkish
        return False
    return char in TWINS or _normalises(char) or _is_of_another_alphabet(char, text)


def _normalises(char: str) -> bool:
    """Tell whether a character is another's compatibility form or its double, or a mark that could be composed."""
    parts = unicodedata.decomposition(char).split()
    return script_of(char) == "COMBINING" or (bool(parts) and (parts[0].startswith("<") or len(parts) == 1))


def _is_of_another_alphabet(char: str, text: str) -> bool:
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    if category == "Nd":
        return not any(script_of(other) == script_of(char) for other in text if other.isalpha())
    return (
        script_of(char) in LATIN_TWIN_SCRIPTS
        or "LETTER SMALL CAPITAL" in name
        or (category == "So" and "LATIN" in name)
    )


def _odd_in_part(part: str, text: str) -> Iterator[str]:
    """Give what does not belong in one word: letters of another script, or a word that is all twins."""
    foreign = [char for char in part if not char.isascii() and unicodedata.category(char)[0] in "LP"]
    scripts = {script_of(char) for char in part if char.isalpha() or char in foreign}
    families = {"EAST" if script in EAST else script for script in scripts if _is_script(script)}
    if len(families) > 1 and families != {"LATIN", "EAST"}:
        yield from (char for char in foreign if script_of(char) != "LATIN" and _is_script(script_of(char)))
    letters = {char for char in text if char.isalpha() and not char.isascii()}
    for twins in (CYRILLIC_TWINS, GREEK_TWINS):
        if len(part) > 1 and letters <= twins and set(part) <= twins:
            yield from part


def _is_script(first_word: str) -> bool:
    return first_word not in (
        "",
        "MODIFIER",
        "COMBINING",
        "RIGHT",
        "LEFT",
        "DOUBLE",
        "SINGLE",
        "EM",
        "EN",
        "MIDDLE",
        "FULLWIDTH",
        "HALFWIDTH",
        "IDEOGRAPHIC",
        "HORIZONTAL",
        "BULLET",
        "INVERTED",
        "PRIME",
        "HYPHEN",
        "SECTION",
        "PILCROW",
        "MASCULINE",
        "FEMININE",
        "MICRO",
        "PER",
        "ONE",
        "MATHEMATICAL",
    )


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
    for host in HOST.findall(text)[:1]:
        if not host.isascii():
            labels = (
                label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
                for label in host.split(".")
            )
            yield ".".join(labels)
