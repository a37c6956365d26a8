"""The command line `ttv`."""
