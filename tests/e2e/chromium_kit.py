"""The Chromium of the tests that look at a page: what the variable `CHROMIUM` names, or the first on the path."""

import os
import shutil

NAMES = ("chromium", "google-chrome", "chromium-browser")
CHROMIUM = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
WITHOUT = "no Chromium on the path; CHROMIUM names one"
