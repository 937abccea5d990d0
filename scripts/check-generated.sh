#!/usr/bin/env bash
# Fails when a committed generated file is not what its source gives now.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for pair in catalog:schema contract:contract; do
  module=oleoduto_jobs.${pair%:*} file=stacks/${pair#*:}.json
  PYTHONPATH=jobs/src .venv/bin/python -m "$module" > "$scratch/printed.json"
  diff -u "$file" "$scratch/printed.json" || {
    echo "error: $file is stale: PYTHONPATH=jobs/src .venv/bin/python -m $module > $file" >&2
    exit 1
  }
done

version=$(sed -n 's/^version = "\(.*\)"/\1/p' crates/aws/bindings.toml)
cat > "$scratch/versions.tf.json" <<JSON
{"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "$version"},
  "terraform": {"source": "terraform.io/builtin/terraform"}}}}
JSON
terraform -chdir="$scratch" init -input=false -no-color > "$scratch/init.log" || { cat "$scratch/init.log"; exit 1; }
terraform -chdir="$scratch" providers schema -json > "$scratch/provider.json"
# As test.sh builds it; cargo would build other features of the dependencies for the generator alone.
scripts/linted.sh test -q --workspace --locked --no-run
bindgen() { target/debug/oleoduto-bindgen --schema "$scratch/provider.json" "$@"; }
bindgen --check
bindgen --check --bindings examples/web-service/bindings.toml --out examples/web-service/src/bindings

# The whole provider generates, and the types that stress the generator compile.
echo "whole provider: $(bindgen --all --out "$scratch/all")"
sample=target/bindgen-sample
mkdir -p "$sample/src"
cat > "$sample/Cargo.toml" <<'TOML'
[package]
name = "bindgen-sample"
version = "0.0.0"
edition = "2024"

[dependencies]
bon = "3"
oleoduto-cdk = { path = "../../crates/cdk" }

[workspace]
TOML
printf '#![deny(warnings)]\npub mod builtin;\npub mod generated;\n' > "$sample/src/lib.rs"
# The versions of the project's own lock file; cargo removes what the sample does not use.
cp Cargo.lock "$sample/Cargo.lock"
printf 'provider = "terraform.io/builtin/terraform"\nversion = "1.11"\n' > "$scratch/builtin.toml"
echo "built-in provider: $(bindgen --bindings "$scratch/builtin.toml" --all --out "$sample/src/builtin")"
echo "sample: $(bindgen --bindings crates/bindgen/sample.toml --out "$sample/src/generated")"
CARGO_TARGET_DIR=target cargo check -q --manifest-path "$sample/Cargo.toml"
echo "the sample compiles"
