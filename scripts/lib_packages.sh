# Programs that tests and benches run but do not come from PyPI: sourced after lib.sh, not run. What is missing is installed
# where that is possible without asking (Debian or its kin, as root or with passwordless sudo).

PATH="$PATH:/usr/sbin:/sbin" # where Debian puts daemons, and a person's PATH does not look

# need_programs NAME... : brings those that are missing, by the Debian package of the same name, or of that after a "=".
# Where it cannot: an error in CI; elsewhere one line that names them, and the tests that need them skip.
need_programs() {
    local item missing=""
    for item in "$@"; do have "${item%%=*}" || missing="$missing $item"; done
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2046
    install_debian $(for item in $missing; do echo "${item#*=}"; done) || true
    for item in $missing; do have "${item%%=*}" || without "${item%%=*}" "install ${item#*=}"; done
}

# Exports LOCK_BRIDGE_BROWSER: a Chromium or Chrome that is there, Debian's, or Playwright's own.
need_browser() {
    find_browser && return
    install_debian chromium && find_browser && return
    say "Browser: asking Playwright for its own"
    runs "$VENV/bin/playwright" install chromium && find_browser && return
    without "a browser" "install Chromium, or set LOCK_BRIDGE_BROWSER to one"
}

find_browser() {
    local candidate
    for candidate in "${LOCK_BRIDGE_BROWSER:-}" chromium chromium-browser google-chrome-stable google-chrome \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        /Applications/Chromium.app/Contents/MacOS/Chromium "$(playwrights_own)"; do
        [ -n "$candidate" ] && candidate="$(command -v "$candidate")" || continue
        export LOCK_BRIDGE_BROWSER="$candidate"
        return
    done
    return 1
}

playwrights_own() {
    "$VENV/bin/python" - 2>/dev/null <<'PYTHON' || true
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
PYTHON
}

# install_debian PACKAGE... : starts no service that a package brings. Returns 1 where it cannot install.
install_debian() {
    have apt-get && as_root true || return 1
    say "Debian packages: installing $*"
    mkdir -p "$CACHE"
    with_lock "$CACHE/apt.lock" install_debian_now "$@" >"$CACHE/apt.log" 2>&1 || {
        tail -n 5 "$CACHE/apt.log" >&2
        return 1
    }
}

install_debian_now() {
    local no_questions="DEBIAN_FRONTEND=noninteractive" no_services="RUNLEVEL=1"
    as_root apt-get -q -o DPkg::Lock::Timeout=300 update &&
        as_root env "$no_questions" "$no_services" apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
}

# without WHAT HOW : an error in CI, a loud line elsewhere.
without() {
    in_ci && fail "$1 is missing, and CI skips nothing: $2"
    printf '*** %s is missing: what needs it is SKIPPED (%s)\n' "$1" "$2" >&2
}
