#!/usr/bin/env bash
# The main job from end to end on synthetic radiographs: draw, list, audit, train, evaluate, report. About a minute on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
here="$PWD"
out="${1:-$here/demo}"
rm -rf "$out"
mkdir -p "$out"

radiobundle phantom pneumonia "$out/images" --images 480 --size 150 --seed 0
radiobundle datalist pneumonia "$out/images" --output "$out/datalist.json"
radiobundle audit "$out/datalist.json" --dataset-dir "$out/images" --without-patients

cd bundles/pneumonia
options=(--dataset_dir "$out/images" --datalist "$out/datalist.json" --output_dir "$out/run" --store_dir "$out/store")
python -m monai.bundle run training --config_file configs/train.json "${options[@]}" --max_epochs 12 --batch_size 32
python -m monai.bundle run evaluating --config_file "['configs/train.json','configs/evaluate.json']" "${options[@]}"

echo
echo "The radiographs are synthetic: this shows that everything works, not how well it works on patients."
echo "Report: $out/run/report.html"
