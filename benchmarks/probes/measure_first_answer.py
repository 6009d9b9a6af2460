"""One sync call in a fresh process, for a parent that takes the time until the first line is printed.

    python -I measure_first_answer.py CONTESTANT URL

CONTESTANT is a `use_….py` beside this one, without its ending. Nothing is imported here but that.
"""

import sys

sys.path.insert(0, __file__.rpartition("/")[0])
print(__import__(sys.argv[1]).completion(sys.argv[2])(), flush=True)
