"""Draws storyboard pictures from words, on this machine: free, offline, the same every time.

A picture is a pure function of its brief. All of a character comes from its name and description, all of a
place from the seed, so pictures of one job agree without seeing each other. It knows no jobs, no files, no
network and no clock; NumPy and Pillow load with it.
"""
