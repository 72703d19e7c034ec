"""Tests of ``generator.publish``."""
