# What ./run and ./test share. Each step looks first and works only where something is missing.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
[[ -z "${TASKPLATFORM_DATA:-}" ]] || export TASKPLATFORM_DATA="$(realpath -m "$TASKPLATFORM_DATA")"
data="${TASKPLATFORM_DATA:-$root/.data}"
cd "$root" || exit 1
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

say() { echo "» $*"; }
fail() { echo "✗ $*" >&2; exit 1; }

require_dotnet() {
  dotnet --version >/dev/null 2>&1 ||
    fail "The .NET SDK 10 is missing: install it from https://dot.net/download and put 'dotnet' on the PATH."
}

# Only the official packages can start containers. A docker client without a daemon prints no version.
containers_run() {
  official_feed || return 1
  [[ -n "$(timeout 10 docker info --format '{{.ServerVersion}}' 2>/dev/null)" ]] ||
    [[ -n "$(timeout 10 podman info --format '{{.Version.Version}}' 2>/dev/null)" ]]
}

require_servers() {
  local missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
  install_packages "${missing[@]}"
}

install_packages() {
  (($# > 0)) || return 0
  local as_root=() log
  if ((EUID != 0)); then
    as_root=(sudo -n)
    sudo -n true 2>/dev/null || fail "Missing: $*. Install with: sudo apt-get install $*"
  fi
  command -v apt-get >/dev/null || fail "Missing: $*. Install what these Debian packages hold, and put it on the PATH."

  say "Installing $*"
  log="$("${as_root[@]}" bash "$root/.ci/apt-install.sh" "$@" 2>&1)" ||
    fail "apt-get could not install $*: $(tail -n 3 <<<"$log")"
}

# Some tests look at pages as people do; where no browser can be had they are skipped.
offer_browser() {
  local name
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && return
  done
  (install_packages chromium) || say "Tests that need a browser are skipped"
}

# Which packages the feed has decides between the official ones and those under StandIns/.
# NuGet itself is asked, with the user's own sources; the answer holds until the version changes.
probe_feed() {
  local version answer
  version="$(sed -n 's|.*<AspireVersion>\(.*\)</AspireVersion>.*|\1|p' Directory.Packages.props)"
  grep -qs "Aspire.Hosting.AppHost $version" .packagefeed.props && return

  say "Asking the package feed for Aspire.Hosting.AppHost $version"
  mkdir -p obj/feed-probe
  cat >obj/feed-probe/probe.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Aspire.Hosting.AppHost" Version="[$version]" />
  </ItemGroup>
</Project>
EOF
  if answer="$(dotnet restore obj/feed-probe/probe.csproj -p:ImportDirectoryBuildProps=false \
    -p:ImportDirectoryBuildTargets=false -p:ImportDirectoryPackagesProps=false 2>&1)"; then
    feed=official
  elif [[ "$answer" != *NU1301* && "$answer" =~ NU110[12] ]]; then
    feed=curated
  else
    fail "The package feed can't be reached: $(grep -m1 -oP 'error \K.*' <<<"$answer" || tail -n 1 <<<"$answer")"
  fi
  rm -rf obj/feed-probe

  say "The feed is $feed"
  cat >.packagefeed.props <<EOF
<Project>
  <!-- Aspire.Hosting.AppHost $version -->
  <PropertyGroup>
    <PackageFeed>$feed</PackageFeed>
  </PropertyGroup>
</Project>
EOF
}

build() {
  say "Building"
  dotnet restore "$1" -v q || fail "The packages could not be restored: see NuGet's messages above."
  dotnet msbuild "$1" -v:q || fail "The build failed: see the errors above."
}

official_feed() { grep -q '<PackageFeed>official<' .packagefeed.props; }

# The official packages bring the dashboard along; npm has it too. Without it everything else still runs.
prepare_dashboard() {
  official_feed && return
  local home="$data/dashboard" source="$root/StandIns/dashboard"
  local cli="$source/node_modules/@microsoft/aspire-cli-linux-x64/bin/aspire"
  [[ -x "$home/bundle/managed/aspire-managed" ]] && cmp -s "$source/package-lock.json" "$home/package-lock.json" && return

  command -v npm >/dev/null || install_packages nodejs npm
  say "Setting up the dashboard"
  mkdir -p "$home"
  {
    npm ci --prefix "$source" --ignore-scripts --no-audit --no-fund --loglevel error &&
      { [[ -x "$cli" ]] || { echo "npm brought no Aspire CLI for $(uname -sm)" && false; }; } &&
      HOME="$home" ASPIRE_HOME="$home" ASPIRE_CLI_TELEMETRY_OPTOUT=1 \
        "$cli" setup --nologo --non-interactive --install-path "$home" &&
      cp "$source/package-lock.json" "$home" &&
      rm -rf "$source/node_modules"
  } >"$home/setup.log" 2>&1 || say "The dashboard is missing, all else works: $(grep -v 'complete log' "$home/setup.log" | tail -n 1)"
}
