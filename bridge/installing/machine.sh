# What all steps of bridge/install stand on: where things go, how a step is told, and what is remembered for the removal.
# Sourced, not run.

# Sets where everything goes, and refuses machines that this is not for.
find_machine() {
    [ "$(uname)" = Linux ] || fail "installs on Linux; elsewhere: uv tool install ./bridge"
    if [ -n "$DEST" ]; then
        [ -n "$DRY$REMOVE" ] || mkdir -p "$DEST" || fail "$DEST cannot be made"
        [ -d "$DEST" ] || [ -n "$DRY" ] || fail "$DEST is no folder"
        [ ! -d "$DEST" ] || DEST="$(cd "$DEST" && pwd)"
        [ "$DEST" != / ] || DEST=""
    fi
    [ -n "$DEST$DRY" ] || [ "$(id -u)" = 0 ] || fail "has to be run as root: sudo bridge/install"
    [ "$(getconf LONG_BIT)" = 64 ] ||
        fail "this is a 32-bit system, for which the libraries have no wheels; use the 64-bit Raspberry Pi OS"
    APP="$DEST/opt/lock-bridge"
    SETUP="$APP/setup"
    INSTALLED="$SETUP/installed"
    COMMAND="$DEST/usr/local/bin/lock-bridge"
    CONFIG="$DEST/etc/lock-bridge/config.toml"
    DATA="$DEST/var/lib/lock-bridge"
    UNIT="$DEST/etc/systemd/system/lock-bridge.service"
    WANTED="$DEST/etc/systemd/system/multi-user.target.wants/lock-bridge.service"
    RULES="$DEST/etc/udev/rules.d/70-lock-bridge.rules"
    MODULES="$DEST/etc/modules-load.d/lock-bridge.conf"
}

step() { printf '%-9s %s\n' "$1" "$2"; }
already() { step "as it was" "$1"; }
left_out() { step "left out" "$1"; }

# act DONE TEXT COMMAND... : runs it and says so; in a dry run only says so.
act() {
    local done="$1" text="$2"
    shift 2
    if [ -n "$DRY" ]; then
        step "would be" "$done: $text"
    else
        "$@" || fail "could not do this: $text"
        step "$done" "$text"
    fi
}

# remember KIND VALUE : for the removal; a line of "installed".
remember() {
    [ -z "$DRY" ] || return 0
    make_folders "$SETUP"
    remembered "$1" "$2" || printf '%s %s\n' "$1" "$2" >>"$INSTALLED"
}

remembered() { grep -qxF -- "$1 $2" "$INSTALLED" 2>/dev/null; }
all_remembered() { sed -n "s/^$1 //p" "$INSTALLED" 2>/dev/null || true; }
forget() {
    [ -n "$DRY" ] || [ ! -f "$INSTALLED" ] || sed -i "\\|^$1 |d" "$INSTALLED"
}

# forget_path PATH : is no longer there to be removed.
forget_path() { [ -n "$DRY" ] || [ ! -f "$INSTALLED" ] || sed -i "\\|^file $1\$|d" "$INSTALLED"; }

# shown PATH : as it is called once the machine runs.
shown() { printf '%s' "${1#"$DEST"}"; }

# make_folders FOLDER : with those above it; new ones are remembered, innermost last.
make_folders() {
    [ -z "$DRY" ] && [ ! -d "$1" ] || return 0
    make_folders "$(dirname "$1")"
    mkdir -p "$1"
    case "$1" in "$APP"*) ;; *) remember folder "$1" ;; esac
}

# put_file SOURCE TARGET [MODE] [GROUP] : SOURCE "-" is standard input. Nothing is written where nothing changes.
put_file() {
    local source="$1" target="$2" mode="${3:-644}" group="${4:-}" text done=wrote
    text="$(shown "$target")"
    [ "$source" != - ] || source="$(spooled)"
    if cmp -s "$source" "$target" && [ "$(stat -c %a "$target")" = "$mode" ]; then
        already "$text"
    else
        [ ! -e "$target" ] || done=renewed
        act "$done" "$text" put_file_now "$source" "$target" "$mode" "$group"
    fi
    remember file "$target"
    case "$source" in "${TMPDIR:-/tmp}"/lock-bridge-install.*) rm -f "$source" ;; esac
}

put_file_now() {
    make_folders "$(dirname "$2")"
    install -m "$3" "$1" "$2.new" && { [ -z "$4" ] || own "$4" "$2.new"; } && mv "$2.new" "$2"
}

spooled() {
    local file
    file="$(mktemp "${TMPDIR:-/tmp}/lock-bridge-install.XXXXXX")"
    cat >"$file"
    printf '%s' "$file"
}

# own USER:GROUP PATH... : by the numbers that the folder's own files give them.
own() {
    local who="$1" user group
    shift
    if [ -n "$DEST" ]; then
        [ "$(id -u)" = 0 ] || return 0 # who is not root keeps what he makes; an image builder's tool sets owners
        user="$(number_of passwd "${who%%:*}")" && group="$(number_of group "${who#*:}")" || return 0
        who="$user:$group"
    fi
    chown "$who" "$@"
}

number_of() { awk -F: -v name="$2" '$1 == name { print $3; found = 1 } END { exit !found }' "$DEST/etc/$1" 2>/dev/null; }

# Whether services can be spoken with: not in an image, a container or a chroot.
systemd_runs() { [ -z "$DEST" ] && [ -d /run/systemd/system ] && have systemctl; }
udev_runs() { [ -z "$DEST" ] && [ -S /run/udev/control ] && have udevadm; }
