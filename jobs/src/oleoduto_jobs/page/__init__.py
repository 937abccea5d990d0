"""What the pages have in common: the report, the page of all series and the page of data quality have one design."""
