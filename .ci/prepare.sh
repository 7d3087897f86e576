# Shared by ./run and ./test. Each step first checks whether it has anything to do.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
[[ -z "${TASKPLATFORM_DATA:-}" ]] || export TASKPLATFORM_DATA="$(realpath -m "$TASKPLATFORM_DATA")"
cd "$root" || exit 1
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

info() { echo "» $*"; }
fail() { echo "✗ $*" >&2; exit 1; }

require_dotnet() {
  dotnet --version >/dev/null 2>&1 ||
    fail "The .NET SDK 10 is missing: install it from https://dot.net/download and put 'dotnet' on the PATH."
}

# Without a daemon the docker client prints no server version.
containers_run() {
  [[ -n "$(timeout 10 docker info --format '{{.ServerVersion}}' 2>/dev/null)" ]] ||
    [[ -n "$(timeout 10 podman info --format '{{.Version.Version}}' 2>/dev/null)" ]]
}

require_servers() {
  local missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
  install_packages "${missing[@]}"
}

# Only the tests need it.
require_pooler() {
  command -v pgbouncer >/dev/null || [[ -x /usr/sbin/pgbouncer ]] || install_packages pgbouncer
}

install_packages() {
  (($# > 0)) || return 0
  local as_root=() log
  if ((EUID != 0)); then
    as_root=(sudo -n)
    sudo -n true 2>/dev/null || fail "Missing: $*. Install with: sudo apt-get install $*"
  fi
  command -v apt-get >/dev/null || fail "Missing: $*. Install the equivalents of these Debian packages, and put them on the PATH."

  info "Installing $*"
  log="$("${as_root[@]}" bash "$root/.ci/apt-install.sh" "$@" 2>&1)" ||
    fail "apt-get could not install $*: $(tail -n 3 <<<"$log")"
}

# Some tests need a browser; they are skipped if none can be installed.
offer_browser() {
  local name
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && return
  done
  (install_packages chromium) || info "Tests that need a browser will be skipped"
}

build() {
  info "Building"
  dotnet restore "$1" -v q || fail "The packages could not be restored: see NuGet's messages above."
  dotnet build "$1" --no-restore -v q -clp:NoSummary || fail "The build failed: see the errors above."
}

# The samples use the packed libraries, as any other project would.
build_samples() {
  info "Packing the libraries and building the samples"
  EventBus/pack --no-build -c Debug || fail "The libraries could not be packed: see the errors above."
  dotnet build EventBus/samples/Shop/Shop.slnx -v q -clp:NoSummary || fail "The samples could not be built: see the errors above."
}

# The tests start some 200 processes, each of which would compile the same packages. Compile them once, and turn off features that cost a
# short-lived process more than they gain: write-xor-execute mapping of code (a hardening), profile-guided recompilation, and one heap per
# core. Together this saves a third of the suite's CPU time.
precompile() {
  local compiled=.ci/precompiled/bin/publish folder package
  info "Precompiling packages"
  dotnet publish .ci/precompiled -v q -clp:NoSummary -o "$compiled" || fail "The packages could not be precompiled: see the errors above."
  for folder in {.,Services,EventBus}/TaskPlatform.*/bin/Debug/net10.0; do
    for package in "$compiled"/{Microsoft.{AspNetCore.Authentication,EntityFrameworkCore,Extensions.{Http,Resilience,Telemetry},IdentityModel},Npgsql,OpenTelemetry,Polly,RESPite,StackExchange,System.IdentityModel}*.dll; do
      [[ ! -e "$folder/${package##*/}" ]] || cp "$package" "$folder/"
    done
  done
  export DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0 DOTNET_gcServer=0
}
