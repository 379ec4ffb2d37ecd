"""What our buttons, headings and help say: constants only, one place to read or translate them. Pure."""

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "approve": "Approve",
    "reject": "Reject",
    "edit": "Edit",
    "override_phi": "Override Φ",
    "accept_score": "Accept score",
    "teach": "Teach",
    "view_full": "View in full",
    "withdraw": "Withdraw my approval",
    "stop": "Stop",
    "pause": "Pause task",
    "resume": "Resume",
    "abort": "Abort task",
    "answer": "Answer",
    "why_asked": "Why asked?",
    "happened": "It happened",
    "not_happened": "It did not happen",
    "try_again": "Try again",
    "skip_step": "Skip this step",
    "extend_budget": "Extend budget",
    "page_next": "Next page",
    "page_prev": "Previous page",
    "stop_all": "Stop everything",
    "resume_all": "Lift the stop",
}

REASONS: Mapping[str, str] = {
    "wrong_target": "Wrong target",
    "too_risky": "Too risky",
    "not_now": "Not now",
    "wrong_approach": "Wrong approach",
    "other": "Other",
}

# Card headings by state: the verb or state first, then the tool.
HEADINGS: Mapping[str, str] = {
    "waiting": "Decide: {tool}",
    "reconsidered": "Being reconsidered: {tool}",
    "approved": "Approved: {tool}",
    "running": "Running: {tool}",
    "stopping": "Stopping: {tool}",
    "scoring": "Being scored: {tool}",
    "done": "Done: {tool}",
    "failed": "Failed: {tool}",
    "rejected": "Rejected: {tool}",
    "edited": "Edited: {tool}",
    "corrected": "Corrected: {tool}",
    "expired": "Expired: {tool}",
    "withdrawn": "Withdrawn: {tool}",
    "denied": "Denied: {tool}",
    "unknown": "Did it happen? {tool}",
    "review": "Review the score: {tool}",
    "paused": "Paused: {tool}",
    "closed": "Closed: {tool}",
    "asked": "Question: {tool}",
    "answered": "Answered: {tool}",
}

# Fallback sentences by state, for notifications and screen readers: fixed words, the tool's name and the step.
FALLBACKS: Mapping[str, str] = {
    "waiting": "Step {step}, {tool}, waits for a decision.",
    "reconsidered": "Step {step}, {tool}, is being reconsidered.",
    "approved": "Step {step}, {tool}, is approved.",
    "running": "Step {step}, {tool}, is running.",
    "stopping": "Step {step}, {tool}, is being stopped.",
    "scoring": "Step {step}, {tool}, is being scored.",
    "done": "Step {step}, {tool}, is done.",
    "failed": "Step {step}, {tool}, failed.",
    "rejected": "Step {step}, {tool}, was rejected and not run.",
    "edited": "Step {step}, {tool}, was edited; a new card follows.",
    "corrected": "Step {step}, {tool}, was corrected and not run.",
    "expired": "Step {step}, {tool}, expired and was not run.",
    "withdrawn": "Step {step}, {tool}, was withdrawn and not run.",
    "denied": "Step {step}, {tool}, was denied and not run.",
    "unknown": "It is not known whether step {step}, {tool}, happened. Somebody must look.",
    "review": "The score of step {step}, {tool}, waits for review.",
    "paused": "Step {step}, {tool}, is paused.",
    "closed": "Step {step}, {tool}, is closed.",
    "asked": "Step {step}, {tool}, has a question.",
    "answered": "Step {step}, {tool}, was answered.",
}

ONCE: Mapping[str, str] = {
    "once": "never repeated on its own",
    "readback": "checked before it is repeated",
    "idempotent": "safe to repeat",
}

OUTCOMES: Mapping[str, str] = {
    "ok": "succeeded",
    "failed": "failed",
    "timed_out": "timed out",
    "stopped": "was stopped",
    "not_started": "never started",
    "denied": "was forbidden",
    "rejected": "was rejected",
    "expired": "expired",
    "withdrawn": "was withdrawn",
    "unknown": "unknown",
    "skipped": "was skipped",
}

SCOPES: Mapping[str, str] = {
    "thread": "This thread only",
    "channel": "This channel",
    "team": "The whole workspace",
}

EXPIRIES: Mapping[str, str] = {
    "7d": "In 7 days",
    "30d": "In 30 days",
    "90d": "In 90 days",
    "never": "Never",
}

HELP = (
    "/agent <task in words>: start a task in this channel",
    "/agent status: my open tasks here; list: all open tasks",
    "/agent show <id>: one task; pause, resume or abort <id>",
    "/agent fork <id> <step>: take a task up again after that step, in a thread of its own",
    "/agent learned: what people taught; rules: what is allowed without asking again",
    "/agent why <lesson>, why <id>#<step>: how it came about; forget <lesson>",
    "/agent stop-all, resume-all: nothing begins anywhere, until it is lifted; for operators",
    "In a thread, mention me with the same words; any other reply is a correction, or a question if it ends with ?",
)
