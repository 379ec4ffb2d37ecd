"""What a task came to, from its tally and its journal."""

from dataclasses import replace

from agent_core.checkpoint import Tally
from agent_core.records import Late, Learned, StepEnded
from agent_core.rules.summary import DEEDS, Deeds, picture
from agent_core.words import LessonId
from tests.examples import LEAD, NOTE, RUN, START, WAITING, entry


def test_a_summary_counts_and_names_who_let_what_happen() -> None:
    """Figures from the tally, deeds and lessons from the journal."""
    deeds = Deeds()
    learned = Learned(lesson=LessonId("heuristic:1"), words="Never payments.", by=LEAD.id)
    deeds.add([entry(1, START, StepEnded(run=RUN), learned, Late(what="scored")), NOTE])
    task = replace(WAITING, phi=7.5, tally=Tally(steps=4, succeeded=3, reward=5.0, phi_start=2.5, course=(2.5, 7.5)))
    made = deeds.summary(task)
    assert (made.steps, made.success_rate, made.reward, made.net) == (4, 0.75, 5.0, 5.0)
    assert made.course == "▃▇"
    (deed,) = made.deeds
    assert (deed.tool, deed.outcome, deed.approved_by) == ("restart_service", "ok", RUN.approved_by)
    assert made.learned == ("Never payments.",)


def test_a_task_that_did_nothing_has_a_summary_too() -> None:
    """Nothing is divided by nothing."""
    made = Deeds().summary(replace(WAITING, phi=None, tally=Tally()))
    assert (made.success_rate, made.net, made.course, made.deeds) == (0.0, 0.0, "", ())


def test_a_long_task_lists_its_newest_deeds_and_counts_the_rest() -> None:
    """Page by page, with bounded memory."""
    deeds = Deeds()
    for step in range(30):
        deeds.add([entry(step, START, StepEnded(run=replace(RUN, step=step)))])
    made = deeds.summary(WAITING)
    assert [deed.step for deed in made.deeds] == list(range(30 - DEEDS, 30))
    assert made.more_deeds == 30 - DEEDS


def test_the_course_is_drawn_from_the_lowest_to_the_highest_bar() -> None:
    """0 and 10 are both on the scale."""
    assert picture((0.0, 5.0, 10.0)) == "▁▅█"
