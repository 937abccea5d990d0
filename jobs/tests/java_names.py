"""Names of Java that PySpark asks for again and again: each is asked of the JVM once."""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaPackage
from pyspark.sql import SparkSession

# Whose members are methods: a field's value would be kept with them.
CLASSES_OF_METHODS = ("functions", "PythonUtils")
CLASSES = ("SparkSession", "SparkSession$")
PACKAGES = ("java", "org", "py4j")


class _Kept:
    """A Java package, or a class of methods, whose members are kept once they were asked for."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # Python asks for these itself, and Java has none.
            raise AttributeError(name)
        found = getattr(self._owner, name)
        kept = _Kept(found) if isinstance(found, JavaPackage) else found
        setattr(self, name, kept)
        return kept


def keep_names(spark: SparkSession) -> None:
    """Keep what the session's process has asked of the JVM by name.

    py4j asks at each use: ``F.col`` asks for ``functions``, and ``jvm.org.apache...`` for each word. The JVM then looks in
    every jar of its class path, and in every package that PySpark imports, for a class of that name. One job asks some
    hundred times, which is nothing beside its other work; these tests ask many thousand times.
    """
    # PySpark has no public way to the JVM.
    jvm: Any = spark.sparkContext._jvm
    for name in (*CLASSES, *CLASSES_OF_METHODS, *PACKAGES):
        if name not in vars(jvm):
            found = getattr(jvm, name)
            setattr(jvm, name, found if name in CLASSES else _Kept(found))
