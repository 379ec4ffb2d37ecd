"""Slack in, cards out: the surface of agent_core."""
