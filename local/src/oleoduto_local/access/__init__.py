"""Who may call the local AWS, and what each caller may do."""
