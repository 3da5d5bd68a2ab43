# Takes away exactly what was installed: what "installed" remembers, in the other order. Sourced, not run.

remove_all() {
    local kind
    if [ ! -f "$INSTALLED" ]; then
        say "Nothing that bridge/install has installed is here."
    else
        stop_service
        for kind in link file; do remove_each "$kind"; done
        remove_boots
        tell_of_removal
        # What the folder would remember is gone with it, so that it is read before.
        leave_groups
        keep_or_purge
        remove_accounts
        release_packages
        remove_program
        return
    fi
    keep_or_purge
}

stop_service() {
    if [ -z "$DRY" ] && systemd_runs && runs systemctl cat lock-bridge; then
        systemctl disable --now --quiet lock-bridge || true
        step stopped "the service"
    fi
}

remove_each() {
    local path
    all_remembered "$1" | tac | while IFS= read -r path; do
        [ -e "$path" ] || [ -L "$path" ] || continue
        act removed "$(shown "$path")" rm -f -- "$path"
        # A folder of drop-ins goes with the last of them.
        case "$path" in */lock-bridge.service.d/*) [ -n "$DRY" ] || rmdir --ignore-fail-on-non-empty "${path%/*}" ;; esac
    done
}

remove_boots() {
    local path
    all_remembered boot | while IFS= read -r path; do
        [ ! -f "$path" ] || act removed "what was written into $path" remove_boot "$path"
    done
}

tell_of_removal() {
    [ -z "$DRY" ] || return 0
    ! systemd_runs || systemctl daemon-reload
    ! udev_runs || udevadm control --reload
}

leave_groups() {
    local group
    remembered user lock-bridge && return # goes with all its memberships
    all_remembered member | while IFS= read -r group; do
        act left "group $group" remove_member "$group"
    done
}

remove_member() {
    if [ -n "$DEST" ]; then
        sed -i "/^$1:/ { s/\\([:,]\\)lock-bridge\\(,\\|\$\\)/\\1/; s/,\$// }" "$DEST/etc/group"
    else
        runs gpasswd --delete lock-bridge "$1" || true
    fi
}

keep_or_purge() {
    local folder
    for folder in "$DATA" "${CONFIG%/*}"; do
        [ -d "$folder" ] || continue
        if [ -n "$PURGE" ]; then
            act removed "$(shown "$folder") with all that was in it" rm -rf -- "$folder"
        elif [ -n "$DEST" ] && [ "$(id -u)" != 0 ]; then
            step kept "$(shown "$folder")"
        else
            # Numbers of users are given out anew: nobody must inherit the device key with one.
            act kept "$(shown "$folder"), for root alone; --purge removes it" chown -R root:root "$folder"
        fi
    done
}

remove_accounts() {
    local group
    if remembered user lock-bridge && has_user lock-bridge; then
        act removed "user and group lock-bridge" remove_user
    fi
    for group in $(all_remembered group); do
        has_group "$group" || continue
        if others_in "$group"; then
            step kept "group $group: others are in it"
        else
            act removed "group $group" accounts groupdel "$group"
        fi
    done
}

remove_user() {
    accounts userdel lock-bridge || return 1
    ! has_group lock-bridge || accounts groupdel lock-bridge
}

others_in() {
    local members
    members="$(if [ -n "$DEST" ]; then cat "$DEST/etc/group"; else getent group "$1"; fi | sed -n "s/^$1:[^:]*:[^:]*://p")"
    [ -n "$members" ] && [ "$members" != lock-bridge ]
}

# Packages may be used by others by now: apt knows, and takes those away that nobody uses.
release_packages() {
    local packages
    packages="$(all_remembered package | tr '\n' ' ')"
    [ -n "$packages" ] || return 0
    # shellcheck disable=SC2086
    act released "Debian packages: ${packages% }. Those that nothing else needs go with: sudo apt autoremove" release_now $packages
}

release_now() { runs apt-mark auto "$@"; }

remove_program() {
    local folders folder
    folders="$(all_remembered folder | tac)"
    [ ! -d "$APP" ] || act removed "$(shown "$APP")" rm -rf -- "$APP"
    [ -z "$DRY" ] || return 0
    printf '%s\n' "$folders" | while IFS= read -r folder; do
        [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty -- "$folder"
    done
}
