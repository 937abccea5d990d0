"""Glue job ``quality``: rules over the tables of a run, between load and training."""
