"""Long test campaigns on simulated boards: what their command lines in tools/ share."""
