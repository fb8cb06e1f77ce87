"""Storage: the outbox and its flash journal, identity slots, the data partition."""
