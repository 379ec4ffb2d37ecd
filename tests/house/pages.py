"""The pages that are generated from the code, as they should be now."""

import re
from pathlib import Path

from agent_core.diagram import mermaid, states_page

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
STATES = ROOT / "docs" / "states.md"
BETWEEN = re.compile(r"(<!-- diagram: begin -->\n).*?(<!-- diagram: end -->)", re.DOTALL)


def states_now() -> str:
    """Give docs/states.md as the code says it."""
    return states_page()


def readme_now() -> str:
    """Give the README with the diagram as the code says it."""
    drawn = f"```mermaid\n{mermaid()}\n```\n"
    return BETWEEN.sub(lambda found: found[1] + drawn + found[2], README.read_text())
