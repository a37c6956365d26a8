"""Prepares the weights of open models for a deployment: fetched, verified, and put where it reads."""
