"""Extract, transform, load and quality: the Glue jobs `etl` and `quality`."""
