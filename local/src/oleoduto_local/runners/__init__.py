"""The real work behind the API calls: each runner turns one request into one process."""
