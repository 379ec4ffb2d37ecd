"""Write the generated pages anew: ``python -m tests.house``."""

from tests.house.pages import README, STATES, readme_now, states_now

STATES.write_text(states_now())
README.write_text(readme_now())
