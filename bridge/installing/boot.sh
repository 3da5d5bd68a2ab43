# What the firmware has to be told at boot. It is only said, unless --boot-config names the file. Sourced, not run.

BOOT_BEGIN="# Written by bridge/install of Lock Bridge; bridge/install --remove takes it away."
BOOT_END="# End of what Lock Bridge needs."

# Lines that this machine's parts need and that the file does not have yet.
boot_lines() {
    local line
    for line in "dtparam=strict_gpiod" "dtparam=i2c_arm=on"; do
        case "$line" in *i2c*) config_names '"(max17048|ina219)"' || continue ;; esac
        grep -qx "[[:space:]]*$line[[:space:]]*" "$1" 2>/dev/null || printf '%s\n' "$line"
    done
}

config_names() { grep -qE "^[^#]*$1" "$CONFIG" 2>/dev/null; }

set_boot() {
    local lines
    [ -n "$BOOT_CONFIG" ] || return 0
    [ -f "$BOOT_CONFIG" ] || fail "--boot-config: there is no file $BOOT_CONFIG"
    lines="$(boot_lines "$BOOT_CONFIG")"
    if [ -z "$lines" ]; then
        already "$BOOT_CONFIG"
    else
        act wrote "into $BOOT_CONFIG: $(printf '%s' "$lines" | tr '\n' ' ')(the former one is $BOOT_CONFIG.lock-bridge)" add_boot "$lines"
        step "to do" "restart the machine, so that this holds: sudo reboot"
    fi
}

add_boot() {
    local text
    [ -e "$BOOT_CONFIG.lock-bridge" ] || cp -p "$BOOT_CONFIG" "$BOOT_CONFIG.lock-bridge"
    text="$(without_boot_block "$BOOT_CONFIG"
        printf '%s\n[all]\n' "$BOOT_BEGIN"
        { in_boot_block "$BOOT_CONFIG"; printf '%s\n' "$1"; }
        printf '%s\n' "$BOOT_END")"
    # In place: on a boot partition there are neither owners nor links to lose, and the file keeps its name all the time.
    printf '%s\n' "$text" >"$BOOT_CONFIG" && sync "$BOOT_CONFIG"
    remember boot "$(readlink -f "$BOOT_CONFIG")"
}

without_boot_block() { sed "\\|^$BOOT_BEGIN\$|,\\|^$BOOT_END\$|d" "$1"; }
in_boot_block() { sed -n "\\|^$BOOT_BEGIN\$|,\\|^$BOOT_END\$|p" "$1" | grep '^dt' || true; }

remove_boot() {
    local text
    text="$(without_boot_block "$1")"
    printf '%s\n' "$text" >"$1"
    rm -f "$1.lock-bridge"
}

# What no program should do behind a person's back.
tell_rest() {
    local boot line
    say ""
    for boot in "$DEST/boot/firmware/config.txt" "$DEST/boot/config.txt" ""; do [ ! -f "$boot" ] || break; done
    if [ -n "$boot" ]; then
        for line in $(boot_lines "$boot"); do
            case "$line" in
                *strict*) todo "$line in $(shown "$boot"): a motor's line is let go when the bridge dies" ;;
                *) todo "$line in $(shown "$boot"): the bus of battery gauges" ;;
            esac
        done
        [ -z "$(boot_lines "$boot")" ] || todo "or let it be written: sudo bridge/install --boot-config $(shown "$boot")"
        if grep -qE 'console=(serial0|ttyAMA0|ttyS0)' "${boot%/*}/cmdline.txt" 2>/dev/null; then
            todo "the serial console uses the header's serial port: sudo raspi-config nonint do_serial_cons 1"
        fi
        if config_names '/dev/(ttyAMA0|serial0)' && ! grep -qE '^dtoverlay=(disable|miniuart)-bt' "$boot"; then
            todo "on a Pi 3 or 4: dtoverlay=disable-bt in $(shown "$boot"), or Bluetooth has the good serial port"
        fi
    fi
    todo "write what is attached into $(shown "$CONFIG"): lock-bridge hardware scan proposes it, docs/hardware.md explains it"
    todo "then run this command once more (it brings what the config needs), and: sudo lock-bridge doctor"
    todo "pair Home Assistant: sudo lock-bridge pair"
}

todo() { step "to do" "$1"; }
