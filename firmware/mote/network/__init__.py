"""Network: Wi-Fi and its connectivity check, the clock and SNTP, jitter for every retry."""
