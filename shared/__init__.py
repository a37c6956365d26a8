"""What all four functions carry: the pure domain and the thin adapters around it."""
