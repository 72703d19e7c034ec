"""The command line: the only room that knows click, and the only one that prints.

Comes in: arguments. Goes out: plain sentences, tables and progress for people, one JSON object
for machines (``--json``), and an exit code: 0 done, 1 the input is wrong, 2 the command was not
understood, 3 something outside failed and a rerun may help.
"""

from generator.cli.main import main

__all__ = ["main"]
