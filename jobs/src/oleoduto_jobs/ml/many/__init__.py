"""Forecasts of many series at once: a frame in, one row per series out, each with its own verdict."""
