"""Storage: the outbox and its delivery record, identity slots, the data partition."""
