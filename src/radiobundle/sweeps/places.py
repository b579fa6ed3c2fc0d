"""Where things lie in a sweep's folder."""

TRIALS, LEASES, STORE = "trials", "leases", "store"
