#!/usr/bin/env bash
# Builds a program of others from its Go module, once for each version, outside the checkout, and prints where it is:
#   bash scripts/go-tool.sh github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1
# With --path before it, it builds nothing and says what is missing.
set -euo pipefail
only=
if [ "${1:-}" = --path ]; then only=1; shift; fi
module=${1:?name a program as <package>@<version>}
name=$(basename "${module%@*}")
tools=${XDG_CACHE_HOME:-~/.cache}/modelworks/tools
program=$tools/$name-${module##*@}/$name
if [ ! -x "$program" ]; then
  if [ -n "$only" ]; then
    echo "$program is missing. Run: bash scripts/setup-system.sh" >&2
    exit 1
  fi
  go=$(command -v go || true)
  for each in "$tools/go/bin/go" /usr/local/go/bin/go; do [ -n "$go" ] || { [ -x "$each" ] && go=$each; } || true; done
  if [ -z "$go" ]; then
    echo "Go 1.21 or newer is missing; the tests build $name with it. Install it from go.dev/dl, or as root: apt-get install golang-go" >&2
    exit 1
  fi
  echo "  building $name ${module##*@} (once) ..." >&2
  mkdir -p "$(dirname "$program")"
  # Beside the target and moved there whole, so that nobody runs half of it.
  made=$(mktemp -d "$(dirname "$program")/making.XXXXXX")
  trap 'rm -rf "$made"' EXIT
  GOBIN=$made GOTOOLCHAIN=auto CGO_ENABLED=0 "$go" install -trimpath -ldflags='-s -w' "$module"
  mv "$made/$name" "$program"
fi
echo "$program"
