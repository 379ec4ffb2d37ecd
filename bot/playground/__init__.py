"""Slack on one machine: a strict stand-in that refuses what Slack refuses, and its page.

It knows what Slack documents and nothing of how we use it. Start with `standin.py` (the parts), `web_api.py`
(what the bot asks of us), `actions.py` (what people do) and `harness.py` (how tests drive both).
"""
