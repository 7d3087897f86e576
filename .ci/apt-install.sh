# Installs Debian packages as root. Their services stay disabled: the AppHost and the tests start their own servers.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

if [[ ! -e /usr/sbin/policy-rc.d ]]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
fi

apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@"

if [[ -d /run/systemd/system ]]; then
  for package in "$@"; do
    systemctl disable --quiet "$package" 2>/dev/null || true # not every package has a service
  done
fi
