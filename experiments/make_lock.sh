#!/usr/bin/env bash
# Remake requirements.txt: install the ranges of pyproject.toml into a fresh environment and write down what came.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:?which Python}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
# torch first and by its exact version: a range would take the newest build, gigabytes of it.
torch=$(grep -i '^torch==' requirements.txt)
"$folder/venv/bin/pip" install --quiet "$torch"
"$folder/venv/bin/pip" install --quiet ".[test]"
{
  "$folder/venv/bin/pip" freeze --exclude slthlib
  "$folder/venv/bin/pip" list --format freeze | grep -i '^setuptools=='
} | sed 's/^\([A-Za-z0-9_.-]*==[^+]*\)+.*/\1/' | sort -f -u > "$folder/lock"
mv "$folder/lock" requirements.txt
echo "==> requirements.txt: $(grep -c == requirements.txt) packages"
