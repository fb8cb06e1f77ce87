"""A board on this desk, simulated or real: what is asked of it over its REPL, and what it is told.

provision   its key, its consent to be registered, its configuration
"""
