"""The Web API, a family of methods per module; `web_api.py` stands before them and checks what all share."""
