"""PySpark's daemon of Python workers, without the archives that Spark puts on their path.

Before each task Python reads the lists of all archives anew: 35 ms, more than a task of these tests takes. PySpark itself is
installed beside them.
"""

import sys

sys.path[:] = [entry for entry in sys.path if not entry.endswith(".zip")]

from pyspark.daemon import manager  # noqa: E402

if __name__ == "__main__":
    manager()
