"""The actors and critics: runbooks that need no model, a script for rehearsals, and the judge of postconditions."""
