#!/usr/bin/env bash
# Fails if a Debian package of an image has a known vulnerability that Debian has corrected.
#   scripts/scan_image.sh NAME   needs Docker, the image, and debsecan (a Debian package)
# The image's Python packages are those of jobs/image.lock, at which scripts/audit.py looks.
set -euo pipefail
image=${1:?usage: scripts/scan_image.sh NAME}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

of_image() { docker run --rm --network none --entrypoint cat "$image" "$1"; }
of_image /var/lib/dpkg/status > "$scratch/status"
of_image /etc/os-release > "$scratch/os-release"
suite=$(sed -n 's/^VERSION_CODENAME=//p' "$scratch/os-release")
[ -n "$suite" ] || { echo "error: $image names no release of Debian in /etc/os-release" >&2; exit 1; }
packages=$(grep -c '^Package: ' "$scratch/status") || { echo "error: $image has no Debian package" >&2; exit 1; }

debsecan --suite "$suite" --status "$scratch/status" --only-fixed --format summary > "$scratch/findings"
if [ -s "$scratch/findings" ]; then
  cat "$scratch/findings"
  echo "error: $image has $(wc -l < "$scratch/findings") corrected vulnerabilities: take a newer base image in the Dockerfile" >&2
  exit 1
fi
echo "$image: no corrected vulnerability in $packages packages of Debian $suite"
