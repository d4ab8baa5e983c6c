#!/usr/bin/env bash
# Builds the programs of others with which the tests verify attestations: cosign, from its Go module, and bundle-check, on Go's own
# note and tlog packages. They are kept outside the checkout and built once for each version: cosign takes minutes on two cores.
# With --paths it builds nothing: it prints where they are, or says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
cosign_version=v3.1.3
cosign_sum=h1:001JQRI/PJ/5T+g/kJ1KTvKFbb322+fomc+pHDZ/6sg=
needed_go=1.26
toolchain=v0.0.1-go1.26.8
sources=server/governance/trust/testing/bundle-check

tools=${XDG_CACHE_HOME:-~/.cache}/modelworks/tools
cosign=$tools/cosign-$cosign_version/cosign
check=$tools/bundle-check-$(cat $sources/{main.go,go.mod,go.sum} | openssl dgst -sha256 -r | cut -c1-16)/bundle-check

if [ "${1:-}" = --paths ]; then
  for program in "$cosign" "$check"; do
    [ -x "$program" ] || { echo "$program is missing. Run: bash scripts/setup-system.sh" >&2; exit 1; }
  done
  printf '%s\n%s\n' "$cosign" "$check"
  exit 0
fi
if [ -x "$cosign" ] && [ -x "$check" ]; then exit 0; fi

# Version of a Go installation as one number, 1.26.3 as 126; 0 when there is none.
version_of() {
  local text
  text=$("$1" env GOVERSION 2>/dev/null) || { echo 0; return; }
  [[ $text =~ ^go1\.([0-9]+) ]] && echo $((100 + BASH_REMATCH[1])) || echo 0
}
go=$(command -v go || echo /usr/local/go/bin/go)
if [ "$(version_of "$go")" = 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends golang-go >/dev/null
    go=$(command -v go)
  else
    echo "Go $needed_go or newer is missing; the tests build cosign with it. Install it from go.dev/dl, or as root: apt-get install golang-go" >&2
    exit 1
  fi
fi
if [ "$(version_of "$go")" -ge 121 ]; then
  # From this version on Go fetches a newer one for itself.
  export GOTOOLCHAIN=auto
else
  # An older one still fetches and verifies any module, and the newer Go is one.
  platform=$("$go" env GOOS)-$("$go" env GOARCH)
  echo "  fetching Go through the module proxy ..."
  folder=$("$go" mod download -json "golang.org/toolchain@$toolchain.$platform" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
  rm -rf "$tools/go"
  mkdir -p "$tools"
  cp -r "$folder" "$tools/go"
  # Modules carry no permission to execute.
  chmod -R u+wX "$tools/go"
  chmod u+x "$tools"/go/bin/* "$tools"/go/pkg/tool/*/*
  go=$tools/go/bin/go
fi
export CGO_ENABLED=0

made=
trap 'rm -rf "$made"' EXIT
# Builds beside the target and moves it there whole, so that nobody runs half of it.
build() {
  local target=$1
  shift
  mkdir -p "$(dirname "$target")"
  made=$(mktemp -d "$(dirname "$target")/making.XXXXXX")
  GOBIN=$made "$go" install -trimpath -ldflags='-s -w' "$@"
  mv "$made/$(basename "$target")" "$target"
  rm -rf "$made"
}
if [ ! -x "$check" ]; then (cd $sources && build "$check" .); fi
if [ ! -x "$cosign" ]; then
  sum=$("$go" mod download -json "github.com/sigstore/cosign/v3@$cosign_version" | sed -n 's/^\t"Sum": "\(.*\)",*$/\1/p')
  [ "$sum" = "$cosign_sum" ] || { echo "cosign $cosign_version has the checksum $sum instead of $cosign_sum." >&2; exit 1; }
  echo "  building cosign $cosign_version (once, some minutes) ..."
  build "$cosign" "github.com/sigstore/cosign/v3/cmd/cosign@$cosign_version"
fi
