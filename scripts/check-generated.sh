#!/usr/bin/env bash
# Fails when a committed generated file is not what its source gives now.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

PYTHONPATH=jobs/src .venv/bin/python -m oleoduto_jobs.schema > "$scratch/schema.json"
diff -u stacks/schema.json "$scratch/schema.json" || {
  echo "error: stacks/schema.json is stale: PYTHONPATH=jobs/src .venv/bin/python -m oleoduto_jobs.schema > stacks/schema.json" >&2
  exit 1
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' crates/aws/bindings.toml)
cat > "$scratch/versions.tf.json" <<JSON
{"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "$version"}}}}
JSON
terraform -chdir="$scratch" init -input=false -no-color > "$scratch/init.log" || { cat "$scratch/init.log"; exit 1; }
terraform -chdir="$scratch" providers schema -json > "$scratch/provider.json"
cargo run -q --locked -p oleoduto-bindgen -- --schema "$scratch/provider.json" --check
