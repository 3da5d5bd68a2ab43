# The bridge itself with its Python and the libraries of its parts, under /opt/lock-bridge. Sourced, not run.

# Unless --extras says otherwise: what needs no compiler, so that `lock-bridge hardware scan` finds what is attached.
EXTRAS_EASILY_HAD="ble,gpio,i2c"

known_extras() {
    sed -n '/^\[project.optional-dependencies\]/,/^$/ s/^\([a-z0-9]*\) = .*/\1/p' "$HERE/pyproject.toml"
}

# What --extras names comes beside what was there; "none" begins anew. Named are none but those that there are.
check_extras() {
    local extra named="$EXTRAS" before
    before="$(all_remembered extras)"
    case ",$named," in *,none,*) before=none ;; esac
    EXTRAS="$(printf '%s,%s' "${before:-$EXTRAS_EASILY_HAD}" "$named" | tr ', ' '\n\n' | sed '/^none$/d; /^$/d' | sort -u |
        tr '\n' ' ' | sed 's/ *$//')"
    for extra in $EXTRAS; do
        known_extras | grep -qxF -- "$extra" || fail "there is no extra $extra; there are: $(known_extras | tr '\n' ' ')"
    done
    [ -n "$named" ] || return 0
    forget extras
    remember extras "${EXTRAS:-none}"
}

# Debian packages that an extra needs: to be built, or to work.
packages_of() {
    case "$1" in
        input) echo gcc libc6-dev ;;
        pcsc) echo gcc libc6-dev libpcsclite-dev pcscd ;;
        ble) echo bluez ;;
        sound) echo alsa-utils espeak-ng ;;
    esac
}

# With what the config has needed the last time, too: what stays as it was is not done twice.
bring_program() {
    [ -z "$(all_remembered extras)" ] || bring_packages "$EXTRAS"
    install_with "$EXTRAS $(all_remembered needed)"
}

# Once the program is there it can be asked what the config needs. One that was written just now needs nothing more.
bring_what_config_needs() {
    local needed
    [ -z "$DRY$MADE_CONFIG" ] && [ -n "$PROGRAM" ] || return 0
    if [ -n "$DEST" ]; then
        left_out "asking the config which libraries it needs: what is in $DEST does not run here. --extras names them"
        return
    fi
    if needed="$(extras_of_config 2>&1)"; then
        [ "$needed" != "$(all_remembered needed)" ] || return 0
        bring_packages "$needed"
        install_with "$EXTRAS $needed"
        forget needed
        remember needed "$needed"
    else
        printf '%s\n' "$needed" >&2
        step "to do" "put the config right, then run this once more"
    fi
}

extras_of_config() {
    "$APP/lock-bridge/bin/python" - "$CONFIG" <<'PYTHON'
import sys
from pathlib import Path

from lock_bridge import profiles
from lock_bridge.config import ConfigError, load
from lock_bridge.hardware.catalogue import DRIVERS

try:
    config = load(Path(sys.argv[1]), profiles.names())
except ConfigError as error:
    sys.exit(str(error))
parts = [part for lock in config.locks for part in lock.parts.values()]
extras = {driver.extra for part in parts if (driver := DRIVERS.get(part.driver)) and driver.extra}
if config.bridge.ring or any(use.kind == "line" for part in parts for use in part.uses):
    extras.add("gpio")
if any(use.kind == "sound" for part in parts for use in part.uses):
    extras.add("sound")
print(*sorted(extras))
PYTHON
}

# install_with "EXTRA EXTRA..."
install_with() {
    local extras stamp spec="$HERE"
    extras="$(printf '%s\n' $1 | sed '/^$/d' | sort -u | tr '\n' ' ' | sed 's/ *$//')"
    if [ -z "$PROGRAM" ]; then
        left_out "the program, as you said; it is expected at /usr/local/bin/lock-bridge"
        return
    fi
    stamp="$(source_sum) $extras"
    if [ "$(cat "$SETUP/program" 2>/dev/null)" = "$stamp" ] && [ -n "$DEST" -o -x "$COMMAND" ]; then
        already "lock-bridge $(version)${extras:+ with $extras}, in $(shown "$APP")"
        return
    fi
    [ -z "$extras" ] || spec="$HERE[$(printf '%s' "$extras" | tr ' ' ,)]"
    if [ -n "$DRY" ]; then
        step "would be" "installed: lock-bridge $(version)${extras:+ with $extras}, in $(shown "$APP")"
        return
    fi
    install_now "$spec"
    printf '%s\n' "$stamp" >"$SETUP/program"
    step installed "lock-bridge $(version)${extras:+ with $extras}, in $(shown "$APP")"
    CHANGED=yes
}

version() { sed -n 's/^__version__ = "\(.*\)"/\1/p' "$HERE/lock_bridge/__init__.py"; }

# One word for all that the program is made of.
source_sum() {
    {
        find -L "$HERE/lock_bridge" -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 cat
        cat "$HERE/pyproject.toml" "$ROOT/requirements/dev.txt" "$ROOT/requirements/native.txt"
    } | cksum | tr ' ' -
}

install_now() {
    local log
    make_folders "$SETUP"
    make_folders "$(dirname "$COMMAND")"
    CACHE="$SETUP"
    # shellcheck source=../scripts/lib_python.sh
    . "$ROOT/scripts/lib_python.sh"
    [ -n "$DEST" ] || runs python3 -c 'import ensurepip' || have uv || apt_install python3-venv || true
    find_uv
    export UV_TOOL_DIR="$APP" UV_TOOL_BIN_DIR="${COMMAND%/*}" UV_PYTHON_INSTALL_DIR="$APP/python" UV_NO_CACHE=1
    # The service may not write beside its modules, and compiling takes a Pi longer than starting.
    export UV_COMPILE_BYTECODE=1 UV_COMPILE_BYTECODE_TIMEOUT=600
    find_service_python
    log="$SETUP/install.log"
    "$UV" tool install --quiet --force --no-config --python "$PYTHON" --no-python-downloads \
        --constraints "$ROOT/requirements/dev.txt" --constraints "$ROOT/requirements/native.txt" "$1" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "the bridge could not be installed; $log says more"
    }
    remember link "$COMMAND"
    [ -z "$DEST" ] || at_home
}

# Sets PYTHON: one that the service can reach, which is shut out of people's home folders.
find_service_python() {
    local found
    if [ -z "$DEST" ] && found="$("$UV" python find --no-project --system --no-python-downloads "$PYTHON_RANGE" 2>/dev/null)" &&
        reachable "$found" && runs "$found" -c 'import ssl, sqlite3, venv'; then
        PYTHON="$found"
        return
    fi
    if PYTHON="$("$UV" python find --no-project --managed-python --no-python-downloads "$PYTHON_RANGE" 2>/dev/null)" &&
        reachable "$PYTHON"; then
        return
    fi
    PYTHON="$PRIVATE_PYTHON/usr/bin/python3.14"
    [ -z "$DEST" ] && runs "$PYTHON" -c 'import ssl, sqlite3' && return
    say "          Python 3.14: asking uv for one"
    if UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-1}" "$UV" python install --no-bin 3.14 >"$SETUP/python.log" 2>&1; then
        PYTHON="$("$UV" python find --no-project --managed-python --no-python-downloads "$PYTHON_RANGE")" && return
    fi
    [ -z "$DEST" ] || fail "uv could not bring a Python that can be moved into an image: run bridge/install within it (chroot), or take --no-program"
    have apt-get && have dpkg-deb ||
        fail "no Python $PYTHON_RANGE here, and uv could not bring one; install Python 3.14 and try again"
    bring_debian_python
}

reachable() {
    case "$(readlink -f "$1")" in
        "$APP"/*) return 0 ;;
        /home/* | ~root/* | /run/user/* | /tmp/*) return 1 ;;
    esac
}

# What was installed into a folder is told where it will be.
at_home() {
    local file
    for file in "$COMMAND" "$APP"/lock-bridge/bin/*; do
        if [ -L "$file" ]; then
            ln -sfn "$(shown "$(readlink "$file")")" "$file"
        elif [ -f "$file" ] && grep -qI . "$file"; then
            sed -i "s|$DEST/opt/lock-bridge|/opt/lock-bridge|g" "$file"
        fi
    done
    for file in "$APP"/lock-bridge/pyvenv.cfg "$APP"/lock-bridge/uv-receipt.toml; do
        [ ! -f "$file" ] || sed -i "s|$DEST/|/|g" "$file"
    done
}

# bring_packages "EXTRA..." : those of Debian that are missing.
bring_packages() {
    local extra missing="" package
    for extra in $1; do
        for package in $(packages_of "$extra"); do
            case " $missing " in *" $package "*) ;; *) has_package "$package" || missing="$missing $package" ;; esac
        done
    done
    missing="${missing# }"
    [ -n "$missing" ] || return 0
    if [ -n "$DEST" ] || [ -z "$PACKAGES" ] || ! have apt-get; then
        step "to do" "install these packages: $missing"
        return
    fi
    # shellcheck disable=SC2086
    act installed "Debian packages: $missing" apt_install $missing
}

has_package() { [ -z "$DEST" ] && [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

apt_install() {
    local log="$SETUP/apt.log" package
    [ -n "$PACKAGES" ] && have apt-get || return 1
    make_folders "$SETUP"
    { apt-get -q -o DPkg::Lock::Timeout=300 update &&
        DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"; } \
        >"$log" 2>&1 || { tail -n 5 "$log" >&2; return 1; }
    for package in "$@"; do remember package "$package"; done
}
