"""`python -m ml.graphs NAME...`: make and keep the graphs of models, in a process of its own."""

import sys

from ml import zoo

for name in sys.argv[1:]:
    zoo.load(name).warm()
