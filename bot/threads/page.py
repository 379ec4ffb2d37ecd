"""A thread's history as one page, for any browser: no script, nothing loaded from anywhere. Pure but for ``written``.

As a file it is read by whoever may read the file, and can be kept with an incident's papers. The admin port shows the
same page while the bot is up (``served``).
"""

from collections.abc import Iterator
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from bot.threads.files import write_private
from bot.threads.reading import Past
from bot.threads.rows import Fact, Row, Teller, short, stamp, visible, waited_s
from bot.threads.text import effects_words, heading

TEMPLATE = "page.html"
PHI_MOST = 10.0


def written(path: Path, past: Past, teller: Teller, why_no_effects: str) -> None:
    """Write the page, readable by its owner only; what stood there is replaced whole."""
    write_private(path, [page(past, teller, why_no_effects)])


def page(past: Past, teller: Teller, why_no_effects: str) -> str:
    """Make the page."""
    rows = [teller.row(relived) for relived in past.relived]
    made = {row.version: row.at for row in reversed(rows) if row.kind == "entry"}
    purpose = past.thread_id if past.task is None else " ".join(past.task.purpose.split())
    template = Template(resources.files("bot.threads").joinpath(TEMPLATE).read_text("utf-8"))
    return template.substitute(
        title=escape(visible(purpose)),
        heading="\n".join((*header(past, why_no_effects), *waiting(past))),
        course=course([row.phi for row in rows if row.phi is not None]),
        rows="\n".join(shown_row(row, waited_s(made, row)) for row in rows),
    )


def header(past: Past, why_no_effects: str) -> Iterator[str]:
    """Say what the thread is about, and what of it can't be believed."""
    for line in (*heading(past), *effects_words(past, why_no_effects)):
        mark = ' class="bad"' if line.startswith("DAMAGED") else ""
        yield f"<p{mark}>{escape(line)}</p>"


def waiting(past: Past) -> Iterator[str]:
    """Say what is still to be performed."""
    for effect_id, effect in past.pending.items():
        yield f"<p>Still to be performed: {escape(effect.kind)} ({short(effect_id)})</p>"


def course(figures: list[float]) -> str:
    """Draw how Φ went, from 0 at the bottom to 10 at the top."""
    if not figures:
        return ""
    points = " ".join(f"{nth},{PHI_MOST - phi:.2f}" for nth, phi in enumerate(figures))
    wide = max(1, len(figures) - 1)
    label = f"Φ over time, from {figures[0]:.1f} to {figures[-1]:.1f}"
    return (
        f'<svg viewBox="0 0 {wide} 10" preserveAspectRatio="none" role="img" aria-label="{escape(label)}">'
        f'<line x1="0" y1="0" x2="{wide}" y2="0"/><line x1="0" y1="10" x2="{wide}" y2="10"/>'
        f'<polyline points="{points}"/></svg>'
    )


def shown_row(row: Row, waited: float | None) -> str:
    """Show one row."""
    by = f" by {escape(row.by)}" if row.by else ""
    after = "" if waited is None else f", after {waited:.3f} s"
    answers = f" · answers {short(row.answers)}{after}" if row.answers else ""
    effects = "".join(
        f'<div class="effects">→ {escape(effect.kind)} {escape(effect.about)} ({short(effect.effect_id)})</div>'
        for effect in row.commanded
    )
    return (
        f'<li class="row {row.kind}" id="v{row.version}-{row.position}">'
        f'<span class="when">{stamp(row.at)} · v{row.version}</span> <span class="what">{escape(row.what)}</span>'
        f"{by}{answers}{facts(row.said)}{facts(row.followed)}{effects}</li>"
    )


def facts(told: tuple[Fact, ...]) -> str:
    """Show facts as a list of terms."""
    if not told:
        return ""
    return "<dl>" + "".join(f"<dt>{escape(one.label)}</dt><dd>{escape(one.text)}</dd>" for one in told) + "</dl>"
