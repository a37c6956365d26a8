"""What stands in for Google's models, driven by the real SDK over a real socket."""
