"""Publishing the log: signed checkpoints, anchors on a chain, and the check against a rollback."""
