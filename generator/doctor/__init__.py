"""The audit of a published site, from outside, as a stranger would look at it.

Comes in: what was published for everyone, and where. Goes out: findings, each with how to mend it.
It refuses to ask for a client's page, to write to any name of the site, to mend anything itself,
and to call right what it could not see: where nothing answers there are no findings at all.
"""

from generator.doctor.expected import Expected, expected_of
from generator.doctor.finding import Finding, Level
from generator.doctor.visit import Patient, examine

__all__ = ["Expected", "Finding", "Level", "Patient", "examine", "expected_of"]
