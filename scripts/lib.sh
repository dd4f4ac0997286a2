# shellcheck shell=bash
# Shared by the scripts beside it. Each script is complete by itself: it brings what is missing and skips what is there.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
artifacts=$root/artifacts
mkdir -p "$artifacts"

# Some services and containers start without a home, or with one that cannot be written to; dotnet, NuGet and npm each need one.
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
  export HOME=$artifacts/home
  mkdir -p "$HOME"
fi
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_ADD_GLOBAL_TOOLS_TO_PATH=false
# No build server stays behind.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

need_tools() {
  command -v dotnet >/dev/null || die "The .NET SDK 10 is missing: install it (package dotnet-sdk-10.0) so that \`dotnet\` is in PATH."
  case "$(cd "$root" && dotnet --version 2>/dev/null || true)" in
    10.*) ;;
    *) die "The .NET SDK 10 is needed, but \`dotnet --version\` does not answer with one. Installed: $(dotnet --list-sdks | tr '\n' ' ')" ;;
  esac
  command -v node >/dev/null || die "Node.js 20 or newer is missing: install it so that \`node\` is in PATH."
  command -v npm >/dev/null || die "npm is missing: install it together with Node.js 20 or newer."
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || die "Node.js 20 or newer is needed; this one is $(node --version)."
}

# One preparation at a time: two starts at once must not build into the same folders.
prepare_alone() {
  command -v flock >/dev/null || return 0
  exec 9>"$artifacts/.preparing"
  flock -n 9 || { say "Waiting for another preparation in this folder ..."; flock 9; }
}
prepared() { exec 9>&-; }

# Content and names of the files below the given paths of the repository. Not their times: a checkout changes those.
hash_of() {
  (
    cd "$root"
    find "$@" \( -name node_modules -o -name bin -o -name obj -o -name dist -o -name _framework -o -name TestResults \) -prune -o -type f -print0 \
      | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-40
  )
}

# The packages of one folder, when its lock file changed since they were installed.
npm_packages() {
  local folder=$root/$1 stamp=$root/$1/node_modules/.installed lock
  [ -f "$folder/package-lock.json" ] || return 0
  lock=$(sha256sum <"$folder/package-lock.json")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$lock" ] && return 0
  say "Installing the npm packages of $1 ..."
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >&2) || die "npm ci failed in $1."
  mkdir -p "$folder/node_modules"
  printf '%s\n' "$lock" >"$stamp"
}

all_npm_packages() {
  npm_packages postgres
  npm_packages media-worker
  npm_packages wwwroot-assets
}

# What the browser loads, when its sources changed.
browser_assets() {
  [ -f "$root/wwwroot-assets/package.json" ] || return 0
  local stamp=$root/wwwroot-assets/node_modules/.built now
  now=$(hash_of wwwroot-assets)
  if [ ! -d "$root/CcdBlazor/wwwroot/dist" ] || [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$now" ]; then
    say "Building what the browser loads ..."
    (cd "$root/wwwroot-assets" && npm run --silent build >&2) || die "The build of wwwroot-assets failed."
    printf '%s\n' "$now" >"$stamp"
  fi
}

# The program, published to artifacts/app when its sources changed. Published and not just built: static files of a build
# are served in the Development environment only, and only from the folders of the build.
published_program() {
  local stamp=$artifacts/app/.built now
  now=$(hash_of CcdBlazor CcdBlazor.Domain build Directory.Build.props Directory.Packages.props global.json wwwroot-assets scripts/lib.sh)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
  say "Building the program ..."
  rm -rf "$artifacts/app.new"
  (cd "$root" && dotnet publish CcdBlazor/CcdBlazor.csproj -c Release -o "$artifacts/app.new" -v quiet -nologo -nodeReuse:false >&2) || die "The build failed."
  printf '%s\n' "$now" >"$artifacts/app.new/.built"
  # Exchanged and not written over: a program that still runs from there keeps its files.
  rm -rf "$artifacts/app.old"
  [ ! -d "$artifacts/app" ] || mv "$artifacts/app" "$artifacts/app.old"
  mv "$artifacts/app.new" "$artifacts/app"
  rm -rf "$artifacts/app.old"
}

# The same for the simulator of message providers, in artifacts/simulator.
published_simulator() {
  local stamp=$artifacts/simulator/.built now
  now=$(hash_of CcdBlazor.Simulator Directory.Build.props Directory.Packages.props global.json scripts/lib.sh)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
  say "Building the simulator ..."
  rm -rf "$artifacts/simulator.new"
  (cd "$root" && dotnet publish CcdBlazor.Simulator/CcdBlazor.Simulator.csproj -c Release -o "$artifacts/simulator.new" -v quiet -nologo -nodeReuse:false >&2) \
    || die "The build of the simulator failed."
  printf '%s\n' "$now" >"$artifacts/simulator.new/.built"
  rm -rf "$artifacts/simulator"
  mv "$artifacts/simulator.new" "$artifacts/simulator"
}

# Beside the program that this shell becomes: it watches that process and ends with it, however that ended.
start_simulator() {
  local port=$1 program=$2
  prepare_alone
  published_simulator
  prepared
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && die "Port $port is taken; name another one after --simulator."
  # Kept, so that accounts that pin the certificate go on working after a restart.
  dotnet "$artifacts/simulator/CcdBlazor.Simulator.dll" --contentRoot "$artifacts/simulator" --urls "http://127.0.0.1:$port" \
    --Smtp:StartTlsPort=$((port + 1)) --Smtp:TlsPort=$((port + 2)) --Smtp:CertificateFile="$artifacts/simulator-mail.pfx" \
    --Receipts:Program="$program" --Parent=$$ </dev/null &
  local simulator=$!
  for _ in $(seq 150); do
    kill -0 "$simulator" 2>/dev/null || die "The simulator did not start; is one of the ports $port to $((port + 2)) taken?"
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
    sleep 0.2
  done
  kill "$simulator" 2>/dev/null || true
  die "The simulator did not answer within 30 seconds."
}

prepare_program() {
  need_tools
  prepare_alone
  all_npm_packages
  browser_assets
  published_program
  prepared
}

# In place of this shell, so that Ctrl-C and signals reach the program itself.
exec_program() {
  export ASPNETCORE_ENVIRONMENT=${ASPNETCORE_ENVIRONMENT:-Development}
  exec dotnet "$artifacts/app/CcdBlazor.dll" --contentRoot "$artifacts/app" "$@"
}
