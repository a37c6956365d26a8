"""Stands in for Google's models on this machine: a process of its own that speaks their wire formats.

It must not know the pipeline: only the wire formats, and how plans, pictures and clips are made here.
"""
