"""Start a task from anywhere: its words, and the channel where it is to run. Pure."""

from bot.blocks.kit import Block, field, modal, text_input


def start_task_modal(metadata: str, *, purpose: str = "", channel: str = "") -> Block:
    """Ask for the task in words and for a channel."""
    chooser: Block = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    first: Block = {"initial_conversation": channel} if channel else {"default_to_current_conversation": True}
    return modal(
        "start_task",
        "Start a task",
        metadata,
        [
            field(
                "purpose",
                "What is to be done?",
                text_input(purpose, multiline=True, placeholder="restart the checkout cache in staging"),
            ),
            field("channel", "In which channel?", {**chooser, **first}, hint="I must be a member of it."),
        ],
        submit="Start",
    )
