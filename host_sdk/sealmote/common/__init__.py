"""Helpers that every part of the host may use."""
