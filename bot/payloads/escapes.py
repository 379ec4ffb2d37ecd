"""The three characters that Slack escapes in the text of messages and commands. What is typed in forms is not escaped.

Undone exactly once, where text stops being Slack's markup and becomes words: after mentions were looked for, so that
somebody who types ``<@U…>`` letter by letter mentions nobody.
"""


def unescaped(text: str) -> str:
    """Give the characters as they were typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
