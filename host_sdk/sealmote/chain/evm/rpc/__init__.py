"""JSON-RPC to nodes: targets, addresses, retries, and typed requests of the execution API."""
