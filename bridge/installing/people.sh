# The user of the service, and the groups that may use what parts are attached to. Sourced, not run.

# Made where they are missing, since the rules of udev name them.
OWN_GROUPS="gpio i2c"
# Joined where they are there.
GROUPS_OF_PARTS="dialout gpio input i2c audio bluetooth netdev"

accounts_file() { printf '%s' "$DEST/etc/$1"; }
has_account() { grep -q "^$2:" "$(accounts_file "$1")" 2>/dev/null; }
has_group() { if [ -n "$DEST" ]; then has_account group "$1"; else runs getent group "$1"; fi; }
has_user() { if [ -n "$DEST" ]; then has_account passwd "$1"; else runs getent passwd "$1"; fi; }

# An image that has no accounts yet gets none here.
accounts_there() { [ -z "$DEST" ] || { [ -f "$DEST/etc/passwd" ] && [ -f "$DEST/etc/group" ]; }; }

# accounts TOOL WORD... : a tool of the accounts, on those of the folder where there is one.
accounts() {
    local tool="$1"
    shift
    "$tool" ${DEST:+--prefix "$DEST"} "$@"
}

make_groups() {
    local group
    if ! accounts_there; then
        left_out "user and groups: $DEST has no /etc/passwd. They are made by what is in /etc/sysusers.d at the first boot."
        { sysusers; } | put_file - "$DEST/etc/sysusers.d/lock-bridge.conf"
        return
    fi
    for group in $OWN_GROUPS; do
        if has_group "$group"; then
            already "group $group"
        else
            act made "group $group" accounts groupadd --system "$group"
            remember group "$group"
        fi
    done
}

sysusers() {
    local group
    echo "# Made by bridge/install of Lock Bridge, for a first boot: its user and the groups of its parts."
    echo 'u lock-bridge - "Lock Bridge" /var/lib/lock-bridge /usr/sbin/nologin'
    for group in $OWN_GROUPS; do echo "g $group -"; done
    for group in dialout input audio $OWN_GROUPS; do echo "m lock-bridge $group"; done
}

make_user() {
    accounts_there || return 0
    if has_user lock-bridge; then
        already "user lock-bridge"
    else
        act made "user and group lock-bridge" accounts useradd --system --user-group --home-dir /var/lib/lock-bridge \
            --shell /usr/sbin/nologin --comment "Lock Bridge" lock-bridge
        remember user lock-bridge
    fi
}

join_groups() {
    local group
    accounts_there || return 0
    for group in $(groups_there); do
        if in_group "$group"; then
            already "lock-bridge is in group $group"
        else
            act joined "group $group" accounts usermod --append --groups "$group" lock-bridge
            remember member "$group"
        fi
    done
}

# Those of parts that this machine has; in a dry run also those that would be made.
groups_there() {
    local group
    for group in $GROUPS_OF_PARTS; do
        case " $OWN_GROUPS " in *" $group "*) [ -n "$DRY" ] && echo "$group" && continue ;; esac
        ! has_group "$group" || echo "$group"
    done
}

in_group() {
    local members
    if [ -n "$DEST" ]; then
        members="$(sed -n "s/^$1:[^:]*:[^:]*://p" "$DEST/etc/group")"
    else
        members="$(getent group "$1" | cut -d: -f4)"
    fi
    case ",$members," in *,lock-bridge,*) return 0 ;; *) return 1 ;; esac
}
