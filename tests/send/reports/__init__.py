"""Tests of ``generator.send.reports``."""
