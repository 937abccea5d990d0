#!/usr/bin/env bash
# The image of the SageMaker jobs.
#   scripts/image.sh build NAME             build it for this machine's Docker
#   scripts/image.sh push URL TAG [DIGEST]  build it, push it as URL:TAG and wait for the registry's scan; with the digest
#                                           that the registry has under that tag, only look at its scan
# `push` leaves the digest in image.digest. The same files give the same digest: times come from SOURCE_DATE_EPOCH.
set -euo pipefail
cd "$(dirname "$0")/.."

# Any fixed moment will do, so it is one of no meaning: 2020-01-01.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1577836800}
# One manifest of one platform: SageMaker takes no index, so provenance and SBOM don't go beside it (the SBOM is inside).
# A builder of its own: the one that Docker begins with can't rewrite times.
builder() { docker buildx inspect oleoduto > /dev/null 2>&1 || docker buildx create --name oleoduto --driver docker-container; }
build=(docker buildx build --builder oleoduto --platform linux/amd64 --provenance=false --sbom=false --build-arg SOURCE_DATE_EPOCH)

case "${1:-}" in
  build)
    builder
    "${build[@]}" --output "type=docker,name=${2:?the name of the image},rewrite-timestamp=true" .
    ;;
  push)
    url=${2:?the URL of the repository} tag=${3:?the tag of the image} digest=${4:-}
    registry=${url%%/*} repository=${url#*/}
    if [ -z "$digest" ]; then
      aws ecr get-login-password | docker login --username AWS --password-stdin "$registry"
      builder
      "${build[@]}" --output "type=image,name=$url:$tag,push=true,rewrite-timestamp=true" --metadata-file image.json .
      digest=$(jq -r '."containerimage.digest"' image.json)
      echo "pushed $url:$tag as $digest"
    else
      echo "$url:$tag is there as $digest: tags are made of the content, so there is nothing to build"
    fi
    aws ecr wait image-scan-complete --repository-name "$repository" --image-id "imageDigest=$digest"
    findings=$(aws ecr describe-image-scan-findings --repository-name "$repository" --image-id "imageDigest=$digest" \
      --query 'imageScanFindings.findingSeverityCounts' --output json)
    echo "scan: $findings"
    critical=$(jq '.CRITICAL // 0' <<< "$findings")
    if [ "$critical" -gt 0 ]; then
      echo "error: the scan of $url@$digest found $critical critical vulnerabilities: take a newer base image or package" >&2
      exit 1
    fi
    echo "$digest" > image.digest
    ;;
  *)
    echo "usage: scripts/image.sh build NAME | push URL TAG [DIGEST]" >&2
    exit 2
    ;;
esac
