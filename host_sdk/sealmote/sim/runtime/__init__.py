"""The MicroPython processes that simulated boards run in: interpreter, start, power, shared state."""
