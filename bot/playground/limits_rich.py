"""Rich text written down as shapes: sections, lists, quotes, preformatted text and what stands in them."""

from bot.playground.shapes import Bool, Items, Kinds, Num, Obj, Shape, Str

MANY_RUNS = 10_000  # Slack names no figure; the whole message has its own limit
ID = Str(255)
LOOKS = Obj(
    {},
    {
        name: Bool()
        for name in ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
    },
)
STYLED: dict[str, Shape] = {"style": LOOKS}

RUNS = Kinds(
    {
        "text": Obj({"text": Str(12_000)}, STYLED),
        "link": Obj({"url": Str(3000)}, STYLED | {"text": Str(3000), "unsafe": Bool()}),
        "user": Obj({"user_id": ID}, STYLED),
        "usergroup": Obj({"usergroup_id": ID}, STYLED),
        "channel": Obj({"channel_id": ID}, STYLED),
        "team": Obj({"team_id": ID}, STYLED),
        "emoji": Obj({"name": Str(100)}, STYLED | {"unicode": Str(100), "skin_tone": Num(1, 6), "url": Str(3000)}),
        "broadcast": Obj({"range": Str(8, one_of=("here", "channel", "everyone"))}, STYLED),
        "color": Obj({"value": Str(50)}, STYLED),
        "date": Obj(
            {"timestamp": Num(0, 99_999_999_999), "format": Str(300)}, {"url": Str(3000), "fallback": Str(300)} | STYLED
        ),
    }
)
SECTION = Obj({"elements": Items(RUNS, MANY_RUNS, 0)})
BORDER: dict[str, Shape] = {"border": Num(0, 1)}
PARTS = Kinds(
    {
        "rich_text_section": SECTION,
        "rich_text_list": Obj(
            {
                "style": Str(7, one_of=("bullet", "ordered")),
                "elements": Items(Kinds({"rich_text_section": SECTION}), MANY_RUNS),
            },
            {"indent": Num(0, 8), "offset": Num(0, 10_000)} | BORDER,
        ),
        "rich_text_preformatted": Obj({"elements": Items(RUNS, MANY_RUNS, 0)}, BORDER | {"language": Str(100)}),
        "rich_text_quote": Obj({"elements": Items(RUNS, MANY_RUNS, 0)}, BORDER),
    }
)
RICH_TEXT = Obj({"elements": Items(PARTS, MANY_RUNS, 0)}, {"block_id": ID})
RICH_TEXT_VALUE = Kinds({"rich_text": RICH_TEXT})
