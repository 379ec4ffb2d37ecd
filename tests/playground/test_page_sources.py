"""What must hold for every source of the page, browser or not."""

import re
from pathlib import Path

import pytest

import bot.playground

PAGE = Path(bot.playground.__file__).parent / "page"
MODULES = sorted(PAGE.glob("*.js"))
LONGEST = 300
MARKUP_FROM_TEXT = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc")
IMPORTED = re.compile(r'from "/static/([^"]+)"')


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_of_the_page_is_short_and_never_makes_markup_of_text(module: Path) -> None:
    """One such line would let a message run as a script."""
    text = module.read_text()
    assert len(text.splitlines()) <= LONGEST
    assert [line for line in text.splitlines() if MARKUP_FROM_TEXT.search(line) and not line.startswith(" *")] == []
    assert [name for name in IMPORTED.findall(text) if not (PAGE / name).is_file()] == []


def test_the_modules_of_the_page_form_no_circle() -> None:
    """Taking away whatever imports nothing that is left must take away everything."""
    left = {path.name: set(IMPORTED.findall(path.read_text())) for path in MODULES}
    while leaves := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in leaves}
    assert left == {}


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_the_page_fetches_nothing_from_elsewhere(path: Path) -> None:
    """It works without a network, and tells nobody that it is used."""
    loads = re.compile(r"""(?:src|href)="(?:https?:)?//|url\(|@import|fetch\([`"']https?:|from "https?:""")
    assert loads.findall(path.read_text()) == []
