#!/usr/bin/env bash
# The main job from end to end on synthetic films: draw, list, audit, train, evaluate, report. About a minute on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
here="$PWD"
out="${1:-$here/demo}"
rm -rf "$out"
mkdir -p "$out"

radiobundle phantom pneumonia "$out/films" --images 480 --size 150 --seed 0
radiobundle datalist pneumonia "$out/films" --output "$out/datalist.json"
radiobundle audit "$out/datalist.json" --dataset-dir "$out/films" --without-patients

cd bundles/pneumonia
options=(--dataset_dir "$out/films" --datalist "$out/datalist.json" --output_dir "$out/run" --store_dir "$out/store")
python -m monai.bundle run training --config_file configs/train.json "${options[@]}" --max_epochs 12 --batch_size 32
python -m monai.bundle run evaluating --config_file "['configs/train.json','configs/evaluate.json']" "${options[@]}"

echo
echo "The films are synthetic: this shows that everything works, not how well it works on patients."
echo "Report: $out/run/report.html"
