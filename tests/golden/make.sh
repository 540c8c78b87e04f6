#!/usr/bin/env bash
# Makes tests/golden/data/*.json again, by reference libraries in a Python environment of their own.
#   tests/golden/make.sh [NAME…]     e.g. tests/golden/make.sh attributions
# GOLDEN_VENV moves the environment (default: .cache/golden-venv in the checkout).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${GOLDEN_VENV:-$here/../../.cache/golden-venv}

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
  echo "installing the reference libraries (about 1 GB, some minutes)" >&2
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/installed.txt"
fi

[ $# -gt 0 ] || set -- attention attributions attributions_series deep_lift dependence efficientnet fairness graph intervals proxies german_credit_mean_difference mitigation map_checks metrics logistic_regression_german recurrent regression mel sounds text_baseline wages
for name in "$@"; do
  PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -W ignore "$here/make_$name.py"
done
