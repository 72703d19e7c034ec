"""Tests of ``generator.send.ledger``."""
