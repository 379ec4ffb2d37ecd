"""What the environment says: the one place of ours that reads it.

Secrets are wrapped, so that printing the settings shows none. An empty variable is as good as none.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config.errors import ConfigError, Problem

SLACK = "https://slack.com/api/"
API_URL = "an http or https URL such as https://slack.com/api/"
ENVIRONMENT = "environment"


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this very machine; what leads anywhere else is a real workspace."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # neither a URL nor an address
        return False


def _api_url(url: str) -> str:
    """Hold the API's address to what a token may be sent to."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(API_URL) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(API_URL)
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("https: the token would be sent in the clear")
    return url if url.endswith("/") else f"{url}/"


def _redis_url(url: SecretStr) -> SecretStr:
    scheme, separator, rest = url.get_secret_value().partition("://")
    if not (scheme and separator and rest):
        raise ValueError("a URL such as redis://127.0.0.1:6379/0")
    return url


def _home(path: Path) -> Path:
    return path.expanduser()


def _unlike(*prefixes: str) -> AfterValidator:
    """Refuse a token of another kind: they are easily swapped, and Slack's answer does not say so."""

    def check(token: SecretStr) -> SecretStr:
        if token.get_secret_value().startswith(prefixes):
            raise ValueError(f"a token of another kind; this one begins with {' or '.join(prefixes)}")
        return token

    return AfterValidator(check)


def _port(text: object) -> object:
    """Take plain digits only: int() would take underscores and blanks as well."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("a port from 0 to 65535")
    return text


Port = Annotated[int, Field(ge=0, le=65535), BeforeValidator(_port)]
UserPath = Annotated[Path, AfterValidator(_home)]


class Settings(BaseSettings):
    """The environment's variables, by their names in lower case."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, env_file=None
    )

    slack_bot_token: Annotated[SecretStr, _unlike("xapp-", "xoxp-")] | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: Annotated[SecretStr, _unlike("xox")] | None = None
    slack_api_url: Annotated[str, AfterValidator(_api_url)] = SLACK
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = None
    countersign_config: UserPath = Path("countersign.yml")
    countersign_home: Annotated[Path, AfterValidator(_home), Field(validate_default=True)] = Path(
        "~/.local/share/countersign"
    )
    countersign_host: str = "127.0.0.1"
    countersign_port: Port = 3000
    countersign_admin_port: Port | None = None
    countersign_key_file: UserPath | None = None

    @property
    def socket_mode(self) -> bool:
        """Tell whether Slack is reached over a WebSocket rather than reaching us."""
        return self.slack_app_token is not None

    @property
    def real_workspace(self) -> bool:
        """Tell whether what is at the other end is Slack itself and not the playground."""
        return not is_loopback(self.slack_api_url)

    def check_slack(self) -> None:
        """Raise ConfigError unless there is what a connection to Slack needs."""
        missing = []
        if self.slack_bot_token is None:
            missing.append(
                _unset("SLACK_BOT_TOKEN", "the bot's token (xoxb-…), from the app's page “OAuth & Permissions”")
            )
        if self.slack_signing_secret is None and not self.socket_mode:
            words = "the signing secret, from the app's page “Basic Information”; or SLACK_APP_TOKEN for Socket Mode"
            missing.append(_unset("SLACK_SIGNING_SECRET", words))
        if missing:
            raise ConfigError(*missing)


def read_settings() -> Settings:
    """Read the environment, or raise ConfigError naming each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        problems = dict.fromkeys(_wrong(str(one["loc"][0]), one.get("ctx", {}), one["msg"]) for one in error.errors())
        raise ConfigError(*problems) from error


def _unset(name: str, what: str) -> Problem:
    return Problem(file=ENVIRONMENT, line=None, key=name, words=f"expected {what}")


def _wrong(name: str, context: dict[str, object], message: str) -> Problem:
    """Name the variable and what it should be; its value may be a secret."""
    words = str(context.get("error", message))
    return _unset(name.upper(), words)
