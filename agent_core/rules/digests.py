"""Names for what is decided on: keyed hashes that nobody without the key can make. Pure."""

import hashlib
from functools import lru_cache

from agent_core.proposal import Call, canonical
from agent_core.words import Digest, Json, PersonId, TeamId, ThreadId

DIGEST_BYTES = 16


def keyed(key: bytes, *parts: Json) -> Digest:
    """Hash the parts, as one canonical JSON array, under the key: 32 hex digits."""
    text = canonical(list(parts))
    return Digest(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=folded(key), digest_size=DIGEST_BYTES).hexdigest()
    )


@lru_cache(maxsize=8)
def folded(key: bytes) -> bytes:
    """Give the whole key in the length that blake2b takes."""
    return hashlib.blake2b(key, digest_size=64).digest()


def digest_of(  # noqa: PLR0913 - each part of what is signed is named at the call
    key: bytes, *, thread_id: ThreadId, requester: PersonId, step: int, call: Call, policy_version: str
) -> Digest:
    """Name a proposal by all that it rests on."""
    return keyed(key, thread_id, requester, step, call.tool, call.fingerprint, call.args_json, policy_version)


def state_of(team: TeamId, tool: str, args_json: str, features_json: str) -> str:
    """Name an exact state, for learning: blake2b of canonical JSON ``[team, tool, args, features]``, 32 hex digits."""
    text = f"[{canonical(team)},{canonical(tool)},{args_json},{features_json}]"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()
