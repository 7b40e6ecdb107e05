# Sourced by run.sh and test.sh: finds or installs what the machine lacks.

# Nothing is reported to anyone while building.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# install_packages PACKAGE...: with apt when we may, else says what to install.
install_packages() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
    fi
    if ! command -v apt-get >/dev/null || [ "${as_root[*]-}" = false ]; then
        fail "Please install these packages, then start again: $* (on Debian: apt-get install $*)"
    fi
    printf 'Installing %s\n' "$*"
    "${as_root[@]}" apt-get update -qq >/dev/null || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        fail "These packages could not be installed: $*"
}

# has_library NAME: whether the dynamic linker finds it. Not a pipe: grep -q ends before ldconfig has written all.
has_library() {
    local known
    known=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true)
    [[ $known == *"$1"* ]]
}

# find_postgres [ROOT]: the folder of the programs of the newest PostgreSQL that has PostGIS, here or in the system below ROOT;
# STOA_POSTGRES_BIN names another.
find_postgres() {
    local root=${1:-} folder version extension found=${STOA_POSTGRES_BIN:-}
    if [ -z "$found" ]; then
        for folder in $(printf '%s\n' "$root"/usr/lib/postgresql/*/bin | sort -V); do
            version=$(basename "$(dirname "$folder")")
            extension=$root/usr/share/postgresql/$version/extension/postgis.control
            # A link leads into the other system.
            if [ -x "$folder/postgres" ] && [ "$version" -ge 15 ] && { [ -f "$extension" ] || [ -L "$extension" ]; }; then
                found=${folder#"$root"}
            fi
        done
    fi
    [ -n "$found" ] || found=$(dirname "$(command -v postgres)" 2>/dev/null) || true
    [ -x "$root$found/postgres" ] && printf '%s\n' "$found"
}

# prepare COMMAND=PACKAGE...: the tools that building and running need, and those named.
prepare() {
    command -v dotnet >/dev/null ||
        fail "Please install the .NET 10 SDK, then start again: https://dotnet.microsoft.com/download/dotnet/10.0"
    [[ $'\n'$(dotnet --list-sdks) == *$'\n10.'* ]] ||
        fail "The .NET SDK here is $(dotnet --version 2>/dev/null || echo unknown); Stoa needs version 10."
    local missing=() pair
    has_library libsqlite3.so.0 || missing+=(libsqlite3-0)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
    # Only packages are fetched with Node; no code of theirs runs at build or at run time.
    local node_version
    node_version=$(node --version)
    [ "$(printf '%s' "${node_version#v}" | cut -d. -f1)" -ge 18 ] ||
        fail "Node.js $node_version is too old; please install version 20."
}
