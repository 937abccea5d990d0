#!/usr/bin/env python3
"""Print the part of a provider's schema that some bindings need: a whole one takes a debug build long to read.

    scripts/schema_of_types.py SCHEMA.json.xz BINDINGS.toml

SCHEMA is the output of `terraform providers schema -json`, compressed.
"""

from __future__ import annotations

import json
import lzma
import sys
import tomllib
from pathlib import Path
from typing import Any

KINDS = {"resources": "resource_schemas", "data_sources": "data_source_schemas"}
"""Keys of the bindings, and of the schema."""


def part(schema: dict[str, Any], bindings: dict[str, Any]) -> dict[str, Any]:
    """The schema with the bound types only."""
    source = bindings["provider"]
    provider = schema["provider_schemas"][source]
    kept = {of: {name: provider[of][name] for name in bindings.get(key, [])} for key, of in KINDS.items()}
    return {**schema, "provider_schemas": {source: {**kept, "provider": provider.get("provider", {})}}}


def main() -> None:
    """Read, choose, print."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with lzma.open(sys.argv[1]) as file:
        schema = json.load(file)
    print(json.dumps(part(schema, tomllib.loads(Path(sys.argv[2]).read_text()))))


if __name__ == "__main__":
    main()
