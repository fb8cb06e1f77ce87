"""The HTTP interface: a module for each group of routes, all of them listed in `app`."""
