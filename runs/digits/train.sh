#!/usr/bin/env bash
# Makes models/digits.safetensors again: trains the preset `digits`, copies the averaged weights, scores them. See README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run --silent build
node dist/cli/main.js train --preset digits --seed 0 --threads 1 --out noisette-runs/digits
cp noisette-runs/digits/model.safetensors models/digits.safetensors
node dist/cli/main.js eval digits --json | tail -n 1
