"""Limits on load: fair order, concurrent work, open files, and the network source that is counted."""
