"""Whether a signed payload is meant for this installation.

The signing secret belongs to the app, and an app may be installed in many workspaces; this bot serves one. In a
channel shared with another organisation a payload may put the other side first, and is still ours if it says that it
came through our installation and the person truly is from over there. What cannot be compared is not held against it.
"""

from dataclasses import dataclass

from bot.payloads import Envelope, Payload, UrlVerification


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The workspace (or, without a team, the organisation) that this bot serves, and its own names there."""

    team_id: str | None = None
    app_id: str | None = None
    enterprise_id: str | None = None
    bot_user_id: str | None = None


def is_ours(payload: Payload, installation: Installation) -> bool:
    """Tell whether app, workspace and organisation are those of the installation, as far as both are known."""
    if _differ(payload.api_app_id, installation.app_id):
        return False
    if _differ(payload.organisation, installation.enterprise_id) and not _from_outside(payload):
        return False
    if installation.team_id is None or isinstance(payload, UrlVerification):
        return True  # the check of our address names nobody: whoever signs with our secret asks
    if payload.workspace is None:
        # An organisation's payload names no team. It is ours only if our workspace is known to be of that organisation;
        # an event that names neither (the end of an installation) has been held against the app ID.
        known = installation.enterprise_id is not None and payload.organisation is not None
        return known or isinstance(payload, Envelope)
    if payload.workspace != installation.team_id:
        return False
    return payload.named_team in {None, payload.workspace} or _from_outside(payload)


def _from_outside(payload: Payload) -> bool:
    """Tell a payload that the other side of a shared channel sent through our installation."""
    if payload.named_team in {None, payload.workspace}:
        return False
    if isinstance(payload, Envelope):
        return payload.is_ext_shared_channel is True
    return payload.named_team == payload.actor_team


def _differ(one: str | None, other: str | None) -> bool:
    """Tell whether both are known and not the same."""
    return one is not None and other is not None and one != other
