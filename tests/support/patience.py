"""How long a test waits for what has to come: longer than a busy machine takes. It judges nothing."""

PATIENCE_S = 120.0
