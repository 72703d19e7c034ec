"""Tests of the channels: real servers on this machine, each with a script of what it says."""
