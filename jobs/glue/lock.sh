#!/usr/bin/env bash
# Writes NAME.lock of each NAME.in: what pip installs on Glue 5.0 at the start of a run of that job, with hashes.
# Glue's own packages (provided.txt) are not in it; all others have the versions of requirements.lock.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

own=()
names=$(sed -n 's/==.*//p' jobs/glue/provided.txt)
for name in $names; do own+=(--no-emit-package "$name"); done
# What Glue does not have, in the versions that the tests run with.
grep -E '^[A-Za-z0-9._-]+(\[.*\])?==' requirements.lock | sed 's/ *\\$//' | grep -vE "^($(paste -sd'|' <<< "$names"))==" > "$scratch/tested.txt"
for source in jobs/glue/*.in; do
  .venv/bin/uv pip compile --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 --generate-hashes \
    --no-header --no-emit-index-url --no-annotate -c jobs/glue/provided.txt -c "$scratch/tested.txt" "${own[@]}" \
    "$source" -o "${source%.in}.lock"
done
