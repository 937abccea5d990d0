"""The page of the local AWS: its guard, the data that it shows, and its files."""
