#!/usr/bin/env bash
# Compiles the LaTeX of derivations with pdflatex: every example and course that has gradients, in every notation.
# Fails where a document does not compile, where a line sticks out of the margin by more than the width of a letter, and where
# `explain` fails for another reason than that nothing is asked to be differentiated.
#   npm run build && scripts/check-latex.sh [model.nn ...]
# On Debian it needs texlive-latex-base and texlive-latex-extra (cancel.sty).
set -uo pipefail
cd "$(dirname "$0")/.."
command -v pdflatex >/dev/null || { echo "pdflatex is missing: install texlive-latex-base texlive-latex-extra"; exit 2; }
[ -f "${NNC:-dist/cli.mjs}" ] || { echo "npm run build comes first"; exit 2; }
out=$(mktemp -d)
echo "documents in $out"
[ $# -gt 0 ] || set -- examples/*.nn examples/courses/*/*.nn
failed=0 compiled=0 skipped=0
for model in "$@"; do
  for part in $(grep -oE '^model \w+' "$model" | cut -d' ' -f2); do for as in index matrix delta steps table; do
    name=$(echo "${model%.nn}-$part-$as" | tr / -)
    if ! node "${NNC:-dist/cli.mjs}" explain "$model" --model "$part" --as "$as" -o "$out/$name.tex" >"$out/$name.err" 2>&1; then
      if grep -q 'asks for no gradient' "$out/$name.err"; then
        skipped=$((skipped + 1))
      else
        echo "✗ $name: $(head -1 "$out/$name.err")"
        failed=$((failed + 1))
      fi
      break
    fi
    if ! pdflatex -interaction=nonstopmode -halt-on-error -output-directory "$out" "$out/$name.tex" >"$out/$name.txt" 2>&1; then
      echo "✗ $name: $(grep -m1 -A2 '^!' "$out/$name.txt" | tr '\n' ' ')"
      failed=$((failed + 1))
      continue
    fi
    compiled=$((compiled + 1))
    widest=$(grep '^Overfull \\hbox' "$out/$name.txt" | grep -o '[0-9.]*pt' | sort -n | tail -1)
    if [ "$(printf '%.0f' "${widest%pt}")" -gt 5 ]; then
      echo "✗ $name: a line sticks out by $widest"
      failed=$((failed + 1))
    fi
  done; done
done
echo "$compiled compiled, $failed failed, $skipped models ask for no gradient"
[ "$failed" = 0 ] && [ "$compiled" -gt 0 ]
