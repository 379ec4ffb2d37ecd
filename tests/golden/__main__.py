"""Write the golden file of the newest schema, once."""

import sys

from tests.golden import write_missing

sys.stdout.write(f"wrote {write_missing()}\n")
