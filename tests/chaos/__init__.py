"""The whole local stack while all goes wrong that may: processes, deliveries, stores, provider, clocks."""
