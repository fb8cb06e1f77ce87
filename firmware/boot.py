"""Runs before main.py. Does nothing, so that USB answers whatever the application does."""
