"""The environment: read once, secrets wrapped, and what is wrong named by its variable."""

from pathlib import Path

import pytest

from bot.config import ConfigError, Settings, is_loopback, read_settings

CANARY = "xoxb-canary-5f3a"
NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what this machine's own environment says."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_every_variable_of_the_design_is_known_and_no_other() -> None:
    """These names are what operators write into unit files."""
    assert set(NAMES) == {
        "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_API_URL", "REDIS_URL",
        "COUNTERSIGN_CONFIG", "COUNTERSIGN_HOME", "COUNTERSIGN_HOST", "COUNTERSIGN_PORT", "COUNTERSIGN_ADMIN_PORT",
        "COUNTERSIGN_KEY_FILE",
    }  # fmt: skip


def test_a_bare_environment_has_the_designs_defaults() -> None:
    """Loopback, no admin port, the embedded Redis."""
    settings = read_settings()
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.real_workspace
    assert not settings.socket_mode
    assert settings.countersign_config == Path("countersign.yml")
    assert settings.countersign_home == Path.home() / ".local/share/countersign"
    assert (settings.countersign_host, settings.countersign_port) == ("127.0.0.1", 3000)
    assert (settings.countersign_admin_port, settings.redis_url, settings.countersign_key_file) == (None, None, None)


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty one is as good as none; a file in the working directory is not the environment."""
    for name, value in {
        "SLACK_BOT_TOKEN": CANARY,
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_API_URL": "http://127.0.0.1:4000/api",
        "REDIS_URL": "redis://:pass@db:6379/1",
        "COUNTERSIGN_HOME": "~/cs",
        "COUNTERSIGN_PORT": "0",
        "COUNTERSIGN_ADMIN_PORT": "9000",
        "COUNTERSIGN_KEY_FILE": "",
    }.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == CANARY
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://:pass@db:6379/1"
    assert settings.slack_api_url == "http://127.0.0.1:4000/api/"
    assert settings.socket_mode
    assert not settings.real_workspace
    assert settings.countersign_home == Path.home() / "cs"
    assert (settings.countersign_port, settings.countersign_admin_port) == (0, 9000)
    assert settings.countersign_key_file is None


def test_s1_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody logs the settings."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("REDIS_URL", f"redis://:{CANARY}@db")
    settings = read_settings()
    assert CANARY not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("COUNTERSIGN_PORT", "http", "a port from 0 to 65535"),
        ("COUNTERSIGN_PORT", "70000", "less than or equal to 65535"),
        ("COUNTERSIGN_PORT", "1_000", "a port from 0 to 65535"),
        ("COUNTERSIGN_ADMIN_PORT", "-1", "a port from 0 to 65535"),
        ("SLACK_API_URL", "slack.com/api", "an http or https URL"),
        ("SLACK_API_URL", "ftp://127.0.0.1/", "an http or https URL"),
        ("SLACK_API_URL", "https://slack.com/api/?token=x", "an http or https URL"),
        ("SLACK_API_URL", "http://slack.com/api/", "in the clear"),
        ("SLACK_API_URL", "http://127.0.0.1.evil.invalid/", "in the clear"),
        ("SLACK_API_URL", "http://[oops/", "an http or https URL"),
        ("SLACK_BOT_TOKEN", "xapp-1", "a token of another kind"),
        ("SLACK_APP_TOKEN", "xoxb-1", "a token of another kind"),
        ("REDIS_URL", "localhost:6379", "a URL such as redis://"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """The value may be a secret in the wrong place."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        read_settings()
    (problem,) = error.value.problems
    assert (problem.file, problem.line, problem.key) == ("environment", None, name)
    assert words in problem.words
    assert error.value.sentence.startswith(f"environment: {name}: expected ")


def test_what_slack_needs_is_asked_for_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Socket Mode nothing is signed, so there is no signing secret to ask for."""
    with pytest.raises(ConfigError) as error:
        read_settings().check_slack()
    assert [problem.key for problem in error.value.problems] == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]
    monkeypatch.setenv("SLACK_BOT_TOKEN", CANARY)
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    read_settings().check_slack()


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:4000/api/", True), ("http://localhost/", True), ("http://[::1]:80/", True),
        ("http://127.8.9.1/", True), ("https://slack.com/api/", False), ("http://127.0.0.1.evil.invalid/", False),
        ("http://127.0.0.1@evil.invalid/", False), ("http://0.0.0.0/", False), ("", False), ("http://[oops", False),
    ],
)  # fmt: skip
def test_only_this_machine_is_loopback(url: str, here: bool) -> None:  # noqa: FBT001 - a row of a table
    """The playground's habits must not be had against a real workspace."""
    assert is_loopback(url) is here
