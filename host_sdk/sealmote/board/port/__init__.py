"""Serial ports and the MicroPython behind them: REPL, status line, log; works through resets."""
