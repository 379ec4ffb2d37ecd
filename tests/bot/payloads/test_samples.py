import pytest

from bot.payloads import (
    AppHomeOpened,
    AppMention,
    AppRateLimited,
    AppUninstalled,
    BlockActions,
    BlockSuggestion,
    GlobalShortcut,
    Ignored,
    Malformed,
    MessageEvent,
    MessageShortcut,
    Payload,
    SlashCommand,
    TokensRevoked,
    UrlVerification,
    ViewClosed,
    ViewSubmission,
    parse,
)
from tests.bot.payloads.samples import SAMPLES, kind_of, sample

# What becomes of each file, and by which name the fact is remembered.
PARSED: dict[str, tuple[type[Payload], str]] = {
    "app-home-opened/home-opened-with-view.json": (AppHomeOpened, "EvQS5ZLDJT"),
    "app-mention/mention-java.json": (AppMention, "T123:C123:1583636399.000700"),
    "app-mention/mention.json": (AppMention, "T_INSTALLED:C111:1595926230.009600"),
    "block-actions/button-in-ephemeral-message.json": (BlockActions, "111.222.valid"),
    "block-actions/button-in-home-tab.json": (
        BlockActions,
        "987196394372.3485157640.efe5ca926abc9dadb0371534fff4326e",
    ),
    "block-actions/button-in-message-attachment.json": (
        BlockActions,
        "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
    ),
    "block-actions/button-in-message-with-state.json": (BlockActions, "111.222.xxx"),
    "block-actions/button-in-thread.json": (BlockActions, "111.222.xxx"),
    "block-actions/button-in-view-with-confirm.json": (BlockActions, "123123.123123.abcabc"),
    "block-suggestion/external-select-in-modal.json": (BlockSuggestion, "suggestion:W111:es_a"),
    "handshake/url-verification.json": (UrlVerification, "url_verification"),
    "lifecycle/app-rate-limited.json": (AppRateLimited, "limited:T123456:1518467820"),
    "lifecycle/app-uninstalled.json": (AppUninstalled, "Ev111"),
    "lifecycle/tokens-revoked-both.json": (TokensRevoked, "Ev111"),
    "lifecycle/tokens-revoked-user-tokens.json": (TokensRevoked, "Ev111"),
    "message-event/bot-own-message.json": (MessageEvent, "T123:C123:1583636399.000700"),  # until we know our own name
    "message-event/file-share.json": (MessageEvent, "T111:C111:1652227646.593159"),
    "message-event/thread-broadcast.json": (MessageEvent, "T111:C111:1633670813.007500"),
    "message-event/user-message-with-blocks.json": (MessageEvent, "T111:C111:1610261659.001400"),
    "message-event/user-message.json": (MessageEvent, "T111:C111:1596183880.004200"),
    "shortcut/global-shortcut-java.json": (GlobalShortcut, "123.123.123"),
    "shortcut/global-shortcut.json": (GlobalShortcut, "111.111.xxxxxx"),
    "shortcut/message-shortcut-java.json": (MessageShortcut, "123.123.xxx"),
    "shortcut/message-shortcut.json": (MessageShortcut, "111.222.xxx"),
    "slash-command/command-enterprise-workspace.json": (SlashCommand, "111.111.xxx"),
    "slash-command/command-plain-workspace.json": (SlashCommand, "123.456.abc"),
    "slash-command/command-signed-docs-example.json": (
        SlashCommand,
        "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    ),
    "view-closed/closed-modal-is-cleared.json": (ViewClosed, "closed:V123"),
    "view-closed/closed-modal.json": (ViewClosed, "closed:V111"),
    "view-submission/full-view.json": (ViewSubmission, "123.123.07ecad50d3e077e08742bafff5f7ab0c"),
    "view-submission/many-inputs.json": (
        ViewSubmission,
        "768915595217.771150964790.bbc12e4f1483ce782cd891edf9dca94c",
    ),
    "view-submission/plain-text-input.json": (ViewSubmission, "111.222.valid"),
    "view-submission/with-response-urls.json": (ViewSubmission, "111.222.xxx"),
}
IGNORED = {
    "message-event/classic-bot-message-subtype.json": "bot",
    "message-event/message-changed.json": "subtype",
    "message-event/message-deleted.json": "deleted",
    "message-event/other-bot-message-no-subtype.json": "bot",
    "socket-mode/disconnect-warning.json": "unknown_type",
    "socket-mode/envelope-events-api.json": "unknown_type",
    "socket-mode/envelope-interactive-shortcut.json": "unknown_type",
    "socket-mode/envelope-slash-command.json": "unknown_type",
    "socket-mode/hello.json": "unknown_type",
}
MALFORMED = {"handshake/ssl-check.json"}  # a form that the guard answers itself
ANSWERS = "web-api/"  # what Slack answers to us


def test_every_sample_has_its_place_in_the_table() -> None:
    """A file that is added must say what becomes of it."""
    found = {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*.json")}
    assert {name for name in found if not name.startswith(ANSWERS)} == PARSED.keys() | IGNORED.keys() | MALFORMED


@pytest.mark.parametrize("name", PARSED)
def test_a_sample_is_read_as_its_kind_under_its_name(name: str) -> None:
    """Samples are older than today's shape, and lack what Slack may leave out."""
    payload = parse(kind_of(name), sample(name))
    assert isinstance(payload, Payload)
    assert (type(payload), payload.dedupe_id) == PARSED[name]


@pytest.mark.parametrize("name", IGNORED)
def test_a_sample_that_is_no_input_says_why(name: str) -> None:
    """Bots, edits and deletions are well formed; nothing is wrong with them but that nobody asked."""
    assert parse(kind_of(name), sample(name)) == Ignored(reason=IGNORED[name])


@pytest.mark.parametrize("name", MALFORMED)
def test_a_sample_that_is_no_payload_is_refused(name: str) -> None:
    """What names no type is nothing."""
    with pytest.raises(Malformed):
        parse(kind_of(name), sample(name))


@pytest.mark.parametrize("name", PARSED)
def test_fields_that_nobody_knows_change_nothing(name: str) -> None:
    """Slack adds fields without asking."""
    body = sample(name)
    plain = parse(kind_of(name), body)
    more = {**body, "new_field": {"a": [1]}, "is_enterprise_install": "false"}
    if isinstance(more.get("event"), dict):
        more["event"] = {**more["event"], "new_field": None, "assistant_thread": {}}
    assert parse(kind_of(name), more) == plain


@pytest.mark.parametrize("name", PARSED)
def test_what_slack_may_leave_out_may_be_missing_or_null(name: str) -> None:
    """Null team, no channel name, no response_url, no old token."""
    absent = {"team", "enterprise", "enterprise_id", "channel_name", "response_url", "token", "state", "api_app_id"}
    body = sample(name)
    kept = {key: value for key, value in body.items() if key not in absent}
    nulled = {key: None if key in absent else value for key, value in body.items()}
    assert type(parse(kind_of(name), kept)) is PARSED[name][0]
    if kind_of(name) != "command":  # a form has no null
        assert type(parse(kind_of(name), nulled)) is PARSED[name][0]
