"""How a task stands, said in a few lines to whoever asks. Pure."""

from agent_core.checkpoint import Checkpoint


def phi_words(phi: float | None) -> str:
    """Say Φ, or that there is none yet."""
    return "not scored yet" if phi is None else f"Φ {phi:.1f}"


def described(checkpoint: Checkpoint) -> str:
    """Say how a task stands, in a few lines, none of them of its own words' making."""
    phase, tally = checkpoint.phase, checkpoint.tally
    how = f" ({phase.how}: {phase.why})" if phase.kind == "finished" else ""
    return "\n".join(
        (
            f"Task: {' '.join(checkpoint.purpose.split())}",
            f"For <@{checkpoint.requester}>, {phase.kind.replace('_', ' ')}{how}",
            f"{phi_words(checkpoint.phi)}, step {checkpoint.step}, {tally.succeeded} of {tally.steps} steps succeeded",
            f"ID: {checkpoint.thread_id}",
        )
    )
