# The config, the rules of udev, the unit, the prompts, and the service itself. Sourced, not run.

write_config() {
    if [ -e "$CONFIG" ]; then
        already "$(shown "$CONFIG")"
        give_back
        return
    fi
    MADE_CONFIG=yes
    first_config | put_file - "$CONFIG" 640 root:lock-bridge
    forget_config_as_file
    remember config "$CONFIG"
    [ -n "$DRY" ] || { chmod 750 "${CONFIG%/*}" && own root:lock-bridge "${CONFIG%/*}"; }
}

# What an installation before this one has left belongs to root since its removal.
give_back() {
    [ -z "$DRY$DEST" ] || return 0
    if [ -d "$DATA" ] && [ "$(stat -c %U "$DATA")" != lock-bridge ]; then
        act given "$DATA to lock-bridge" chown -R lock-bridge:lock-bridge "$DATA"
    fi
    runs as_service test -r "$CONFIG" ||
        act given "$CONFIG to the group lock-bridge, to read" open_config
}

open_config() { chgrp lock-bridge "${CONFIG%/*}" "$CONFIG" && chmod g+rx "${CONFIG%/*}" && chmod g+r "$CONFIG"; }

# The config is a person's from now on: only --purge takes it away.
forget_config_as_file() {
    [ -n "$DRY" ] || sed -i "\\|^file $CONFIG\$|d; \\|^folder ${CONFIG%/*}\$|d" "$INSTALLED"
}

# A simulated door, and below it as comments what is attached: which reader may open the door, no program guesses.
first_config() {
    cat <<'TOML'
# Lock Bridge. docs/install-bridge.md says what may stand here, docs/hardware.md how parts are attached.
# After each change: sudo lock-bridge doctor, then sudo systemctl restart lock-bridge

[bridge]
name = "Home"

[server]
# This machine alone. For a Home Assistant on another one: the address of this machine, or "0.0.0.0".
host = "127.0.0.1"

[[lock]]
id = "front_door"
name = "Front door"
profile = "palm6068"

# Simulated is each part that [lock.parts] does not name.
[lock.simulated]
TOML
    [ -z "$DRY$DEST" ] && [ -n "$PROGRAM" ] || return 0
    local found
    found="$("$COMMAND" hardware scan 2>/dev/null)" && [ -n "$found" ] || return 0
    printf '\n# What is attached to this machine, as "lock-bridge hardware scan" has found it:\n#\n'
    printf '%s\n' "$found" | sed 's/^/#   /; s/ *$//'
}

write_rules() {
    local before=""
    [ ! -f "$RULES" ] || before="$(checksum "$RULES")"
    put_file "$HERE/systemd/70-lock-bridge.rules" "$RULES"
    [ -z "$DRY" ] && [ "$before" != "$(checksum "$RULES")" ] || return 0
    tell_udev
}

tell_udev() {
    if udev_runs; then
        udevadm control --reload
        udevadm trigger --subsystem-match=gpio --subsystem-match=input --subsystem-match=i2c-dev --subsystem-match=misc
    elif [ -z "$DEST" ]; then
        left_out "telling udev, which does not run here: its rules hold from the next start of the machine"
    fi
}

# /dev/i2c-* is made by a module that nothing else loads: dtparam=i2c_arm=on brings the bus alone.
write_modules() {
    if config_has_i2c; then
        printf '# Made by bridge/install: battery gauges are read through it.\ni2c-dev\n' | put_file - "$MODULES"
        if [ -z "$DEST" ] && [ ! -d /sys/class/i2c-dev ]; then
            if [ -n "$DRY" ]; then
                step "would be" "loaded: i2c-dev"
            elif runs modprobe i2c-dev; then
                step loaded "i2c-dev"
            else
                step "to do" "i2c-dev could not be loaded now; it is with the next start of the machine"
            fi
        fi
    elif remembered file "$MODULES" && [ -e "$MODULES" ]; then
        act removed "$(shown "$MODULES"), which no part needs any more" rm -f -- "$MODULES"
        forget_path "$MODULES"
    fi
}

write_unit() {
    local before="" groups
    [ ! -f "$UNIT" ] || before="$(cat "$UNIT" "$UNIT".d/*.conf 2>/dev/null | cksum)"
    put_file "$HERE/systemd/lock-bridge.service" "$UNIT"
    groups="$(accounts_there && groups_there | tr '\n' ' ' | sed 's/ *$//' || echo "dialout input audio $OWN_GROUPS")"
    {
        echo "# Made by bridge/install: the groups of this machine that parts need."
        echo "[Service]"
        echo "SupplementaryGroups=$groups"
    } | put_file - "$UNIT.d/groups.conf"
    if [ -L "$WANTED" ]; then
        already "the service starts with the machine"
    else
        act "set" "the service starts with the machine" link_unit
        remember link "$WANTED"
    fi
    [ -n "$DRY" ] || [ "$before" = "$(cat "$UNIT" "$UNIT".d/*.conf | cksum)" ] || CHANGED=yes
}

link_unit() { make_folders "$(dirname "$WANTED")" && ln -s "$(shown "$UNIT")" "$WANTED"; }

# Speech takes a Pi seconds to make: once, now, and not while somebody waits at the door.
render_prompts() {
    local before
    [ -z "$DRY$DEST" ] && [ -n "$PROGRAM" ] && have espeak-ng || return 0
    grep -q '"speaker"' "$CONFIG" || return 0
    install -d -o lock-bridge -g lock-bridge -m 700 "$DATA"
    before="$(prompts_there)"
    if ! runs as_service "$COMMAND" hardware render "$CONFIG"; then
        step "to do" "prompts could not be made now; the bridge makes each when it says it first"
    elif [ "$before" = "$(prompts_there)" ]; then
        already "spoken prompts"
    else
        step made "spoken prompts, in $DATA/cache/prompts"
    fi
}

prompts_there() { find "$DATA/cache/prompts" -type f 2>/dev/null | sort | cksum; }

as_service() {
    if have runuser; then
        runuser -u lock-bridge -- "$@"
    else
        setpriv --reuid lock-bridge --regid lock-bridge --init-groups "$@"
    fi
}

start_service() {
    if [ -n "$DRY" ]; then
        step "would be" "started: the service"
    elif [ -n "$DEST" ]; then
        left_out "starting the service: it starts with the image"
    elif ! systemd_runs; then
        left_out "starting the service: systemd does not run here. It starts with the machine; by hand: lock-bridge run"
    elif [ ! -x "$COMMAND" ]; then
        left_out "starting the service: $COMMAND is not there"
    else
        systemctl daemon-reload
        if [ -z "$CHANGED" ] && runs systemctl is-active lock-bridge; then
            already "the service runs"
        elif systemctl restart lock-bridge; then
            step started "the service; journalctl --unit lock-bridge shows its log"
        else
            step "to do" "the service did not start: sudo lock-bridge doctor says why"
        fi
    fi
}
