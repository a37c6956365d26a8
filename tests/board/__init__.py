"""The contact sheet of the board: everything it can draw on one page."""
