"""Pelican's settings and its plugin; both are copied into the project that it builds."""
