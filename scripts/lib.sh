# Shared by the scripts beside it: sourced, not run. Bash 3.2 and later, so that it runs on macOS as it comes.

set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"
CACHE="${XDG_CACHE_HOME:-${HOME:-$(echo ~)}/.cache}/lock-bridge"

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
runs() { "$@" >/dev/null 2>&1; }

# In CI a missing part is an error, never a skip.
in_ci() { [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]; }

# checksum FILE... : one word that changes when any of them does.
checksum() { cat "$@" | cksum | tr ' ' '-'; }

# as_root COMMAND... : runs it as root where that needs no password; otherwise returns 1 and runs nothing.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# with_lock FILE COMMAND... : runs it while no other process holds FILE; waits for up to ten minutes.
with_lock() {
    local file="$1" waited=0 status=0
    shift
    mkdir -p "$(dirname "$file")"
    if have flock; then
        (
            flock -w 600 9 || fail "another run holds $file"
            "$@" 9>&-
        ) 9>"$file"
        return
    fi
    until mkdir "$file.d" 2>/dev/null; do
        if ! kill -0 "$(cat "$file.d/pid" 2>/dev/null || echo $$)" 2>/dev/null; then
            rm -rf "$file.d" # its holder has died
            continue
        fi
        waited=$((waited + 1))
        [ "$waited" -lt 600 ] || fail "another run holds $file.d"
        sleep 1
    done
    echo $$ >"$file.d/pid"
    ("$@") || status=$?
    rm -rf "$file.d"
    return "$status"
}
