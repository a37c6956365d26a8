"""A paid video provider that does as it is told: a process of its own, with its own account of what was paid.

It must not know the pipeline: only its wire format, and Cloud Storage's.
"""
