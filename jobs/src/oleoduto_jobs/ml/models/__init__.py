"""The candidate models: fitting, searching, saving and loading them."""
