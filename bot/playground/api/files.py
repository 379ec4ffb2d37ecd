"""files.*: the two calls around a plain upload; the upload itself is a POST to the address given out here."""

import json
import secrets

from bot.playground.api.method import TIER_4, Method, channel_for
from bot.playground.messages import check_thread, post
from bot.playground.standin import Standin
from bot.playground.words import BOT_USER_ID, Json, Refusal

LARGEST = 1_000_000_000


def get_upload_url(slack: Standin, args: Json) -> Json:
    """Issue an address to upload one file to."""
    try:
        length = int(args["length"])
    except (TypeError, ValueError):
        length = 0
    if length <= 0:
        raise Refusal("missing_argument")
    if length > LARGEST:
        raise Refusal("file_upload_size_restricted")
    ticket = secrets.token_urlsafe(18)
    file_id = "F" + secrets.token_hex(5).upper()
    slack.uploads[ticket] = {"id": file_id, "name": args["filename"], "size": length, "uploaded": False}
    return {"upload_url": f"{slack.url}upload/{ticket}", "file_id": file_id}


def complete_upload(slack: Standin, args: Json) -> Json:
    """Make uploaded files part of the workspace, and share them where asked."""
    files = args["files"]
    if isinstance(files, str):
        try:
            files = json.loads(files)
        except ValueError:
            raise Refusal("invalid_arguments") from None
    if not isinstance(files, list) or not files:
        raise Refusal("invalid_arguments")
    made = [_made(slack, one) for one in files]
    for file in made:
        slack.workspace.keep_file(file)
    if args.get("channel_id"):
        _share(slack, args, made)
    return {"files": made}


def _made(slack: Standin, one: Json) -> Json:
    upload = next((one_ for one_ in slack.uploads.values() if one_["id"] == one.get("id")), None)
    if upload is None or not upload["uploaded"]:
        raise Refusal("file_not_found")
    return {
        "id": upload["id"],
        "name": upload["name"],
        "title": one.get("title") or upload["name"],
        "size": upload["size"],
        "user": BOT_USER_ID,
        "content": upload["content"],
        "permalink": f"{slack.url}files/{upload['id']}",
        "url_private": f"{slack.url}files/{upload['id']}",
    }


def _share(slack: Standin, args: Json, files: list[Json]) -> None:
    try:
        channel = channel_for(slack, args["channel_id"])
    except Refusal:
        raise Refusal("invalid_channel") from None
    if BOT_USER_ID not in channel.members:
        raise Refusal("not_in_channel")
    shown = [{name: value for name, value in file.items() if name != "content"} for file in files]
    message = slack.by_bot({"text": args.get("initial_comment") or "", "files": shown, "upload": True})
    message["subtype"] = "file_share"
    if args.get("thread_ts"):
        check_thread(slack, channel, args["thread_ts"], "files.completeUploadExternal")
        message["thread_ts"] = args["thread_ts"]
    post(slack, channel, message)


METHODS = {
    "files.getUploadURLExternal": Method(
        get_upload_url, TIER_4, ("files:write",), json=False, required=("filename", "length")
    ),
    "files.completeUploadExternal": Method(complete_upload, TIER_4, ("files:write",), required=("files",)),
}
