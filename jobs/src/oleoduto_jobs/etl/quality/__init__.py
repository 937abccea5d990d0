"""Glue job ``quality``: rules over the tables of a run, between load and training."""

from oleoduto_jobs.etl.quality.job import main

__all__ = ["main"]
