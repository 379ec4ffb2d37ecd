"""Block Kit written down as shapes: composition objects and elements, with their limits.

Blocks and views stand in `limits_blocks.py`. The figures are those of Slack's reference pages.
"""

from bot.playground.limits_rich import RICH_TEXT_VALUE
from bot.playground.shapes import Bool, Items, Kinds, Num, Obj, Shape, Str

ID = Str(255)
URL = Str(3000)


def plain(most: int, least: int = 1) -> Kinds:
    """Give the shape of a plain_text object of some length."""
    return Kinds({"plain_text": Obj({"text": Str(most, least)}, {"emoji": Bool()})})


def text(most: int) -> Kinds:
    """Give the shape of a text object, plain or mrkdwn."""
    mrkdwn = Obj({"text": Str(most)}, {"verbatim": Bool()})
    return Kinds({"plain_text": Obj({"text": Str(most)}, {"emoji": Bool()}), "mrkdwn": mrkdwn})


CONFIRM = Obj(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": Str(7, one_of=("primary", "danger"))},
)
STYLE = Str(7, one_of=("primary", "danger"))


def option(label: Kinds, *, url: bool = False) -> Obj:
    """Give the shape of an option whose label has this shape."""
    more: dict[str, Shape] = {"url": URL} if url else {}
    return Obj({"text": label, "value": Str(150)}, {"description": text(75)} | more)


SELECT_OPTION = option(plain(75))
CHOICE_OPTION = option(text(75))
OPTIONS = Items(SELECT_OPTION, 100)
GROUPS = Items(Obj({"label": plain(75), "options": OPTIONS}), 100)
COMMON: dict[str, Shape] = {"action_id": ID, "focus_on_load": Bool()}
CONFIRMABLE: dict[str, Shape] = COMMON | {"confirm": CONFIRM}
PLACED: dict[str, Shape] = CONFIRMABLE | {"placeholder": plain(150)}
MANY: dict[str, Shape] = PLACED | {"max_selected_items": Num(1, 100)}
DISPATCH = Obj({"trigger_actions_on": Items(Str(20, one_of=("on_enter_pressed", "on_character_entered")), 2)})
FILTER = Obj(
    {},
    {
        "include": Items(Str(10, one_of=("im", "mpim", "private", "public")), 4),
        "exclude_external_shared_channels": Bool(),
        "exclude_bot_users": Bool(),
    },
)
CHOSEN = Items(ID, 100)


def chooser(initial: str, shape: Shape, **more: Shape) -> Obj:
    """Give the shape of a select without options of its own."""
    return Obj({}, PLACED | {initial: shape} | more)


def multi_chooser(initial: str, shape: Shape, **more: Shape) -> Obj:
    """Give the shape of a multi-select without options of its own."""
    return Obj({}, MANY | {initial: shape} | more)


def either(more: dict[str, Shape]) -> Obj:
    """Give the shape of a select that has options or groups of them."""
    listed: dict[str, Shape] = {"options": OPTIONS, "option_groups": GROUPS}
    return Obj({}, more | listed, one_of=("options", "option_groups"), not_both=("options", "option_groups"))


def typed(**more: Shape) -> Obj:
    """Give the shape of an input that is typed into."""
    base: dict[str, Shape] = {"placeholder": plain(150), "dispatch_action_config": DISPATCH}
    return Obj({}, COMMON | base | more)


def choices(initial: str, shape: Shape) -> Obj:
    """Give the shape of checkboxes or radio buttons."""
    return Obj({"options": Items(CHOICE_OPTION, 10)}, CONFIRMABLE | {initial: shape})


IMAGE_SOURCE = Obj({}, {"url": URL, "id": ID})
IMAGE_FIELDS: dict[str, Shape] = {"image_url": URL, "slack_file": IMAGE_SOURCE}
IMAGE = Obj({"alt_text": Str(2000)}, IMAGE_FIELDS, one_of=("image_url", "slack_file"))
LENGTH = Num(0, 3000)
NUMBER = Str(64, form=r"-?\d+(\.\d+)?")

BUTTON = Obj(
    {"text": plain(75)},
    CONFIRMABLE
    | {
        "value": Str(2000, 0),
        "url": URL,
        "style": STYLE,
        "accessibility_label": Str(75),
        "visible_to_user_ids": Items(ID, 10),
        "agent_prompt": Str(4000),
        "agent_prompt_display": Str(4000),
    },
)

SELECTS: dict[str, Shape] = {
    "static_select": either(PLACED | {"initial_option": SELECT_OPTION}),
    "external_select": Obj({}, PLACED | {"initial_option": SELECT_OPTION, "min_query_length": Num(0, 255)}),
    "users_select": chooser("initial_user", ID),
    "conversations_select": chooser(
        "initial_conversation",
        ID,
        default_to_current_conversation=Bool(),
        filter=FILTER,
        response_url_enabled=Bool(),
    ),
    "channels_select": chooser("initial_channel", ID, response_url_enabled=Bool()),
    "multi_static_select": either(MANY | {"initial_options": OPTIONS}),
    "multi_external_select": Obj({}, MANY | {"initial_options": OPTIONS, "min_query_length": Num(0, 255)}),
    "multi_users_select": multi_chooser("initial_users", CHOSEN),
    "multi_conversations_select": multi_chooser(
        "initial_conversations", CHOSEN, default_to_current_conversation=Bool(), filter=FILTER
    ),
    "multi_channels_select": multi_chooser("initial_channels", CHOSEN),
}
PICKERS: dict[str, Shape] = {
    "datepicker": chooser("initial_date", Str(10, form=r"\d{4}-\d{2}-\d{2}")),
    "timepicker": chooser("initial_time", Str(5, form=r"\d{2}:\d{2}"), timezone=Str(100)),
    "datetimepicker": Obj({}, CONFIRMABLE | {"initial_date_time": Num(1_000_000_000, 9_999_999_999)}),
    "checkboxes": choices("initial_options", Items(CHOICE_OPTION, 10)),
    "radio_buttons": choices("initial_option", CHOICE_OPTION),
}
OVERFLOW = Obj({"options": Items(option(plain(75), url=True), 5)}, CONFIRMABLE)
PRESSED: dict[str, Shape] = {"button": BUTTON, "overflow": OVERFLOW}
TYPED: dict[str, Shape] = {
    "plain_text_input": typed(initial_value=Str(3000, 0), multiline=Bool(), min_length=LENGTH, max_length=Num(1, 3000)),
    "email_text_input": typed(initial_value=Str(3000)),
    "url_text_input": typed(initial_value=URL),
    "number_input": Obj(
        {"is_decimal_allowed": Bool()},
        typed(initial_value=NUMBER, min_value=NUMBER, max_value=NUMBER).optional,
    ),
    "rich_text_input": typed(initial_value=RICH_TEXT_VALUE, min_lines=Num(1, 100)),
    "file_input": Obj({}, COMMON | {"filetypes": Items(Str(50), 100), "max_files": Num(1, 10)}),
}

IN_SECTION = Kinds(PRESSED | SELECTS | PICKERS | {"image": IMAGE})
IN_ACTIONS = Kinds(PRESSED | SELECTS | PICKERS)
IN_CONTEXT = Kinds(
    {
        "image": IMAGE,
        "plain_text": Obj({"text": Str(3000)}, {"emoji": Bool()}),
        "mrkdwn": Obj({"text": Str(3000)}, {"verbatim": Bool()}),
    }
)
IN_INPUT = Kinds(SELECTS | PICKERS | TYPED)
STATEFUL = frozenset(SELECTS | PICKERS | TYPED)
