#!/usr/bin/env bash
# Compiles the LaTeX of derivations with pdflatex: every example and course that has gradients, in every notation.
# Fails where a document does not compile; tells which lines stick out of the margin.
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
      echo "- $model, $part: $(head -1 "$out/$name.err")"
      skipped=$((skipped + 1))
      break
    fi
    if ! pdflatex -interaction=nonstopmode -halt-on-error -output-directory "$out" "$out/$name.tex" >"$out/$name.txt" 2>&1; then
      echo "✗ $name: $(grep -m1 -A2 '^!' "$out/$name.txt" | tr '\n' ' ')"
      failed=$((failed + 1))
      continue
    fi
    compiled=$((compiled + 1))
    wide=$(grep -c '^Overfull \\hbox' "$out/$name.txt")
    [ "$wide" = 0 ] || echo "  $name: $wide lines stick out, by up to $(grep '^Overfull \\hbox' "$out/$name.txt" | grep -o '[0-9.]*pt' | sort -n | tail -1)"
  done; done
done
echo "$compiled compiled, $failed failed, $skipped models without a derivation"
[ "$failed" = 0 ] && [ "$compiled" -gt 0 ]
