"""The report of a run: one HTML file without anything outside it, in English and Portuguese."""
