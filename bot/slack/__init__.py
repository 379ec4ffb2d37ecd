"""Slack as the core's ports see it: where cards stand, who people are. The only folder that calls the Web API."""
