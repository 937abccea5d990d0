"""The jobs of the Oleoduto pipeline: extract, transform, load, training variables, train and forecast."""

__version__ = "0.1.0"
