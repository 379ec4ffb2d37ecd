r"""Hostile text made visible: what is signed is what is seen. Pure.

The rule: two different texts never look the same. What cannot be seen or would move what can (controls, bidi and
zero-width characters, fillers, odd spaces, lone surrogates, stacked marks, long runs of spaces) is written as JSON
writes it, such as ``\u202e``; a backslash is doubled. So ``json.loads('"' + shown(text) + '"')`` is the text again,
once its quotes are escaped. Scripts keep what they need: joiners between emoji or after a virama, vowel signs.
"""

import re
import unicodedata
from functools import lru_cache

ZWNJ = "\u200c"
ZWJ = "\u200d"
EMOJI_STYLE = "\ufe0f"
VIRAMA = 9
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U00016fe4")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})
SHORT = {"\t": r"\t", "\r": r"\r"}
LINES = 3  # line breaks in a row that prose may have
MARKS = 4  # marks that one letter of a script that has them may carry
COMPOSED = 2

# Indentation after a line break is no push, so it may be longer than other runs of spaces.
SUSPECT = re.compile(r"\A +| +\Z|(?<![\n ]) {4,}|(?<=\n) {17,}|\\|\n+|[^\x20-\x7e\n]+")
WEIGHT = 4


def script_of(char: str) -> str:
    """Name a character's script by the first word of its Unicode name."""
    first = unicodedata.name(char, "").partition(" ")[0].partition("-")[0]
    return "ARABIC" if first == "EXTENDED" else first


def _category(char: str) -> str:
    return unicodedata.category(char) if char else ""


def escape(char: str) -> str:
    """Write one character as JSON writes it, in ASCII."""
    if char in SHORT:
        return SHORT[char]
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def shown(text: str, *, lines: bool = False) -> str:
    """Make everything in a text visible; with ``lines``, up to three line breaks in a row stay."""
    if SUSPECT.search(text) is None:
        return text
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def visible(match: re.Match[str]) -> str:
        found = match[0]
        if found[0] == "\n":
            return found if lines and len(found) <= LINES else r"\n" * len(found)
        if found[0] in " \\":
            return r"\\" if found == "\\" else r"\u0020" * len(found)
        return _foreign(found, joined[match.start() - 1 : match.start()], joined[match.end() : match.end() + 1])

    return SUSPECT.sub(visible, joined)


def _foreign(run: str, before: str, after: str) -> str:
    """Write a run of characters beyond ASCII, character by character, knowing its neighbours."""
    out: list[str] = []
    at = 0
    while at < len(run):
        if (form := _form(run[at])) is not None:
            out.append(form)
            at += 1
            continue
        end = at + 1
        if _is_mark(run[at]):
            while end < len(run) and _is_mark(run[end]):
                end += 1
        before = run[at - 1] if at else before
        after_it = run[end] if end < len(run) else after
        piece = run[at:end]
        out.append(piece if _belongs(piece, before, after_it) else "".join(map(escape, piece)))
        at = end
    return "".join(out)


@lru_cache(maxsize=4096)
def _form(char: str) -> str | None:
    """Write a character as it is or escaped; None where that depends on its neighbours."""
    if char in (ZWJ, ZWNJ) or _is_mark(char):
        return None
    return escape(char) if _category(char) in UNSEEN or char in FILLERS else char


def _is_mark(char: str) -> bool:
    return _category(char)[0] == "M"


def _belongs(piece: str, before: str, after: str) -> bool:
    """Tell whether a joiner, or a pile of marks, is where its script or an emoji needs it."""
    return _joins(piece, before, after) if piece in (ZWJ, ZWNJ) else _fits_its_letter(before, piece)


def _joins(joiner: str, before: str, after: str) -> bool:
    if before and unicodedata.combining(before) == VIRAMA:
        return bool(after) and script_of(before) == script_of(after)
    if joiner == ZWNJ:
        return bool(before and after) and script_of(before) == script_of(after) == "ARABIC"
    return (before == EMOJI_STYLE or _category(before) in ("So", "Sk")) and _category(after) == "So"


def _fits_its_letter(letter: str, marks: str) -> bool:
    if marks == EMOJI_STYLE:
        return _category(letter) == "So"
    if _category(letter)[:1] not in ("L", "N") or set(marks) & FILLERS:
        return False
    scripts = {script_of(mark) for mark in marks}
    if scripts == {"COMBINING"}:
        return len(marks) <= COMPOSED and len(unicodedata.normalize("NFC", letter + marks)) == 1
    return len(marks) <= MARKS and scripts == {script_of(letter)} and "Me" not in map(_category, marks)


def weight(text: str) -> int:
    """Count what a text costs as JSON in its longest spelling."""
    if text.isascii() and text.isprintable():
        return len(text) + text.count("\\")
    return sum(1 if " " <= char <= "~" else 6 if char <= "\uffff" else 12 for char in text) + text.count("\\")


def _is_within(part: str, most: int) -> bool:
    return len(part) <= most and weight(part) <= WEIGHT * most


def cut(text: str, most: int, *, lines: bool = False) -> tuple[str, int]:
    """Give the beginning of a text, made visible in ``most`` characters, and how many characters were left out."""
    if len(text) <= most and _is_within(whole := shown(text, lines=lines), most):
        return whole, 0
    low, high = 0, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        if _is_within(shown(text[:middle], lines=lines), most):
            low = middle
        else:
            high = middle - 1
    return shown(text[:low], lines=lines), len(text) - low
