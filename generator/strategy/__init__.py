"""What a series' quotes and terms give: observations, outcomes, rates, and today's level.

Comes in: the terms of a series and the closes of its underlyings. Goes out: one ``Course``,
exact to the last digit, or the reasons why the series cannot be worked out tonight. It refuses
floats, and to guess a close that is not there.
"""

from generator.strategy.observe import Course, Level, Observation, Scenario, observe
from generator.strategy.report import worked

__all__ = ["Course", "Level", "Observation", "Scenario", "observe", "worked"]
