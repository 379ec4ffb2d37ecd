import pytest
from hypothesis import given, strategies as st

from agent_core.adapters.models.corrections import Assign, Change, Swap, parsed

NAMES = ("service", "log_lines", "text")


def to(name: str, value: str) -> Assign:
    """Spell an assignment shortly."""
    return Assign(name=name, value=value)


CART = Swap(new="cart", old="checkout")


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("service: cart", (to("service", "cart"),)),
        ("service = cart", (to("service", "cart"),)),
        ("service:cart", (to("service", "cart"),)),
        ("Service: `cart`", (to("Service", "cart"),)),
        ("No, service: “cart” please.", (to("service", "cart"),)),
        ("set the service to cart", (to("service", "cart"),)),
        ("change service to cart.", (to("service", "cart"),)),
        ("use service=cart", (to("service", "cart"),)),
        ("log lines: 50", (to("log lines", "50"),)),
        ("log-lines: 50, service: cart", (to("log-lines", "50"), to("service", "cart"))),
        ("service: cart\nlog_lines: 50", (to("service", "cart"), to("log_lines", "50"))),
        ("service: cart and log_lines: 50", (to("service", "cart"), to("log_lines", "50"))),
        ("text: Hello, world, service: cart", (to("text", "Hello, world"), to("service", "cart"))),
        ("text: it is up: go", (to("text", "it is up: go"),)),
        ("text: All is well.", (to("text", "All is well."),)),
        ('text: "Done."', (to("text", "Done."),)),
        ("text: .", (to("text", "."),)),
        ("use cart instead of checkout", (CART,)),
        ("cart instead of checkout", (CART,)),
        ("cart rather than the checkout!", (CART,)),
        ("Please take cart instead of checkout, thanks", (CART,)),
        ("no, use cart instead of checkout", (CART,)),
        ("instead of checkout, use cart", (CART,)),
        ("cart, not checkout", (CART,)),
        ("not checkout but cart", (CART,)),
        ("cart instead of checkout, log_lines: 50", (CART, to("log_lines", "50"))),
        ("cart instead of checkout and eu instead of us", (CART, Swap(new="eu", old="us"))),
        ("service: cart instead of checkout", (to("service", "cart instead of checkout"),)),
    ],
)
def test_words_that_name_a_change_are_understood(words: str, changes: tuple[Change, ...]) -> None:
    """These are the forms that people are told, and how they come out of a phone."""
    assert parsed(words, NAMES) == changes


@pytest.mark.parametrize(
    "words",
    [
        "",
        "no",
        "please",
        "wait for the deploy",
        "region: eu",
        "the service is broken",
        "cart instead of checkout, and be quick",
        "be quick, service: cart",
        "service:",
        "instead of checkout",
    ],
)
def test_other_words_are_not_guessed_at(words: str) -> None:
    """A remark that became an argument would be worse than one that was not understood."""
    assert parsed(words, NAMES) == ()


@given(words=st.text(max_size=200))
def test_any_words_are_read_without_falling_over(words: str) -> None:
    """People paste anything into a thread."""
    assert all(isinstance(change, Assign | Swap) for change in parsed(words, NAMES))


def test_a_long_message_is_read_quickly() -> None:
    """A message holds 2,000 characters, and none of them may hold the process."""
    assert parsed("instead of " * 180, NAMES) == ()
    assert parsed(", ".join(["service: a and b"] * 100), NAMES) != ()
