"""Secrets out of a tool's output, in the spellings that tools print: as they are, in JSON, in a URL, in base64.

One pass over the text, the longest spelling first, so that no mask is masked again and no secret hides the rest of a
longer one. Of a secret with several lines each longer line counts too, as programs wrap what they print. A stream that
was cut may end inside a secret: its beginning is taken off as well. A tool that means to leak a secret can spell it in
a way nobody foresaw; this guards against the tool that echoes what it was given.
"""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "••••"
LEAST_LINE = 8  # a shorter line of a longer secret is too likely to be an ordinary word
LEAST_BEGINNING = 4  # the same for the beginning of a secret at the end of a stream


class Masker:
    """What hides one call's secrets; made once, as output may come in many pieces."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._spellings = spellings(secrets)
        self._any = re.compile("|".join(map(re.escape, self._spellings))) if self._spellings else None

    def whole(self, text: str) -> str:
        """Replace every secret in the text."""
        return text if self._any is None else self._any.sub(MASK, text)

    def cut_off(self, text: str) -> str:
        """Replace every secret in a text that breaks off, the beginning of one at its end included."""
        masked = self.whole(text)
        cut = max((overlap(masked, spelling) for spelling in self._spellings), default=0)
        return masked[: len(masked) - cut] + (MASK if cut else "")


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in the text."""
    return Masker(secrets).whole(text)


def spellings(secrets: Iterable[str]) -> list[str]:
    """List how the secrets may be spelled, the longest first."""
    found: set[str] = set()
    for secret in filter(None, secrets):
        found.update((secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]))
        encoded = secret.encode(errors="surrogatepass")
        found.update((quote(encoded, safe=""), quote_plus(encoded), quote(encoded)))
        found.update((base64.b64encode(encoded).decode(), base64.urlsafe_b64encode(encoded).decode()))
        found.update(line for line in secret.splitlines() if len(line) >= LEAST_LINE)
    return sorted(found, key=lambda spelling: (-len(spelling), spelling))


def overlap(text: str, spelling: str) -> int:
    """Count how many letters at the text's end begin the secret; few are taken for chance."""
    for letters in range(min(len(text), len(spelling) - 1), LEAST_BEGINNING - 1, -1):
        if text.endswith(spelling[:letters]):
            return letters
    return 0
