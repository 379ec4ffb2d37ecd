"""Blocks, the surfaces that take them, and views, written down as shapes."""

from bot.playground.limits import (
    BUTTON,
    ID,
    IMAGE_FIELDS,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_INPUT,
    IN_SECTION,
    URL,
    plain,
    text,
)
from bot.playground.limits_rich import RICH_TEXT, RICH_TEXT_VALUE
from bot.playground.shapes import Anything, Bool, Items, Kinds, Num, Obj, Shape, Str

NAMED: dict[str, Shape] = {"block_id": ID}
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100

EVERYWHERE: dict[str, Shape] = {
    "section": Obj(
        {},
        NAMED | {"text": text(3000), "fields": Items(text(2000), 10), "accessory": IN_SECTION, "expand": Bool()},
        one_of=("text", "fields"),
    ),
    "header": Obj({"text": plain(150)}, NAMED),
    "context": Obj({"elements": Items(IN_CONTEXT, 10)}, NAMED),
    "actions": Obj({"elements": Items(IN_ACTIONS, 25)}, NAMED),
    "divider": Obj({}, NAMED),
    "image": Obj(
        {"alt_text": Str(2000)}, NAMED | IMAGE_FIELDS | {"title": plain(2000)}, one_of=("image_url", "slack_file")
    ),
    "input": Obj(
        {"label": plain(2000), "element": IN_INPUT},
        NAMED | {"hint": plain(2000), "optional": Bool(), "dispatch_action": Bool()},
    ),
    "rich_text": RICH_TEXT,
    "video": Obj(
        {"title": plain(200), "video_url": URL, "thumbnail_url": URL, "alt_text": Str(2000)},
        NAMED
        | {
            "author_name": Str(50),
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": Str(50),
            "title_url": URL,
        },
    ),
    "card": Obj(
        {},
        NAMED
        | {
            "title": text(150),
            "subtitle": text(150),
            "body": text(200),
            "subtext": text(200),
            "icon": Anything(),
            "hero_image": Anything(),
            "actions": Items(Kinds({"button": BUTTON}), 3),
        },
    ),
}
CELL = Kinds({"raw_text": Obj({"text": Str(3000, 0)}), "rich_text": RICH_TEXT})
FEEDBACK = Obj({"text": plain(75), "value": Str(2000)}, {"accessibility_label": Str(75)})
CONTEXT_ACTIONS = Kinds(
    {
        "feedback_buttons": Obj({"positive_button": FEEDBACK, "negative_button": FEEDBACK}, {"action_id": ID}),
        "icon_button": Obj(
            {"icon": Str(50), "text": plain(75)},
            {
                "action_id": ID,
                "value": Str(2000),
                "confirm": Anything(),
                "accessibility_label": Str(75),
                "visible_to_user_ids": Items(ID, 10),
            },
        ),
    }
)
TASK_CARD = Obj(
    {"task_id": ID, "title": Str(3000)},
    NAMED
    | {
        "status": Str(11, one_of=("pending", "in_progress", "complete", "error")),
        "details": RICH_TEXT_VALUE,
        "output": RICH_TEXT_VALUE,
        "sources": Items(Anything(), 100),
    },
)
IN_MESSAGE_AND_HOME: dict[str, Shape] = {
    "carousel": Obj({"elements": Items(Kinds({"card": EVERYWHERE["card"]}), 10)}, NAMED),
    "container": Obj(
        {"child_blocks": Items(Kinds(EVERYWHERE), 10)},
        NAMED
        | {
            "title": text(150),
            "subtitle": text(150),
            "width": Str(20),
            "is_collapsible": Bool(),
            "default_collapsed": Bool(),
            "icon": Anything(),
        },
    ),
    "data_table": Obj(
        {"caption": Str(3000), "rows": Items(Items(Anything(), 20), 101, 2)},
        NAMED | {"page_size": Num(1, 100), "row_header_column_index": Num(0, 19)},
    ),
    "data_visualization": Obj({"title": Str(50), "chart": Anything()}, NAMED),
}
FOR_MESSAGES: dict[str, Shape] = {
    "markdown": Obj({"text": Str(12_000)}, NAMED),
    "table": Obj({"rows": Items(Items(CELL, 20), 100)}, NAMED | {"column_settings": Items(Anything(), 20, 0)}),
    "context_actions": Obj({"elements": Items(CONTEXT_ACTIONS, 5)}, NAMED),
    "task_card": TASK_CARD,
    "plan": Obj({"title": Str(3000)}, NAMED | {"tasks": Items(Kinds({"task_card": TASK_CARD}), 50)}),
    "file": Obj({"external_id": ID, "source": Str(20)}, NAMED),
}
FOR_MODALS: dict[str, Shape] = {
    "alert": Obj(
        {"text": text(200)},
        NAMED | {"level": Str(10, one_of=("default", "info", "warning", "error", "success"))},
    ),
}

SURFACES: dict[str, Items] = {
    "message": Items(Kinds(EVERYWHERE | IN_MESSAGE_AND_HOME | FOR_MESSAGES), MESSAGE_BLOCKS, 0),
    "modal": Items(Kinds(EVERYWHERE | FOR_MODALS), VIEW_BLOCKS, 0),
    "home": Items(Kinds(EVERYWHERE | IN_MESSAGE_AND_HOME), VIEW_BLOCKS, 0),
}
VIEW_FIELDS: dict[str, Shape] = {
    "callback_id": Str(255, 0),
    "external_id": Str(255, 0),
    "private_metadata": Str(3000, 0),
}
VIEWS = Kinds(
    {
        "modal": Obj(
            {"title": plain(24), "blocks": SURFACES["modal"]},
            VIEW_FIELDS
            | {
                "submit": plain(24),
                "close": plain(24),
                "clear_on_close": Bool(),
                "notify_on_close": Bool(),
                "submit_disabled": Bool(),
            },
        ),
        "home": Obj({"blocks": SURFACES["home"]}, VIEW_FIELDS),
    }
)
