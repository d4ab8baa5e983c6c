#!/usr/bin/env bash
# Installs what the tests need from the operating system: a browser, Python with venv, nginx; then builds the foreign
# programs that they check our output with: cosign, Go's note and tlog, Alertmanager,
# and the S3 server of the object store's tests.
# As root on Debian or Ubuntu it installs; elsewhere it says what is missing.
set -euo pipefail
missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing+=(chromium)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
if [ ${#missing[@]} -eq 0 ]; then
  :
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "Missing on this system: ${missing[*]}. Install with: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
bash "$(dirname "$0")/setup-verifiers.sh"
for each in github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1 github.com/versity/versitygw/cmd/versitygw@v1.8.0; do
  bash "$(dirname "$0")/go-tool.sh" "$each" >/dev/null
done
