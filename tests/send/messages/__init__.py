"""Tests of ``generator.send.messages``."""
