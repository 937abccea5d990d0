"""Extract, transform and load: the three Glue jobs."""
