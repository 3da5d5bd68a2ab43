# What the firmware has to be told at boot. It is only said, unless --boot-config names the file. Sourced, not run.

BOOT_BEGIN="# Written by bridge/install of Lock Bridge; bridge/install --remove takes it away."
BOOT_END="# End of what Lock Bridge needs."

# Lines that this machine's parts need and that the file does not have yet.
boot_lines() {
    dtparam_is_on strict_gpiod "$1" || echo "dtparam=strict_gpiod"
    ! config_has_i2c || dtparam_is_on "i2c(_arm)?" "$1" || echo "dtparam=i2c_arm=on"
    ! config_names "$HEADER_SERIAL" || grep -qE '^[[:space:]]*enable_uart=1[[:space:]]*$' "$1" 2>/dev/null ||
        dtparam_is_on uart0 "$1" || echo "enable_uart=1"
}

# dtparam_is_on NAME FILE : also among others of its line. Without a value a parameter is on.
dtparam_is_on() { grep -qE "^[[:space:]]*dtparam=([^#]*,)?$1(=(on|yes|true|1))?([[:space:]]*|,.*)\$" "$2" 2>/dev/null; }

HEADER_SERIAL='/dev/(serial0|ttyAMA0|ttyS0)["'"'"']'

config_has_i2c() { config_names '"(max17048|ina219)"'; }
config_names() { grep -qE "^[^#]*$1" "$CONFIG" 2>/dev/null; }

# Sets BOOT_CONFIG to the very file. With --root it is one of that folder, never the machine's own.
find_boot_config() {
    local named="$BOOT_CONFIG" root
    [ -n "$named" ] && [ -z "$REMOVE" ] || return 0
    if [ -n "$DEST" ]; then
        root="$(readlink -m "$DEST")"
        case "$(readlink -m "$named")" in "$root"/*) ;; *) BOOT_CONFIG="$DEST/${named#/}" ;; esac
        case "$(readlink -m "$BOOT_CONFIG")" in
            "$root"/*) ;;
            *) fail "--boot-config: $named is not inside $DEST, and with --root nothing outside it is written" ;;
        esac
    fi
    [ -f "$BOOT_CONFIG" ] || fail "--boot-config: there is no file $named${DEST:+ in $DEST}"
    BOOT_CONFIG="$(readlink -f "$BOOT_CONFIG")"
}

set_boot() {
    local lines
    [ -n "$BOOT_CONFIG" ] || return 0
    lines="$(boot_lines "$BOOT_CONFIG")"
    if [ -z "$lines" ]; then
        already "$BOOT_CONFIG"
    else
        act wrote "into $BOOT_CONFIG: $(printf '%s' "$lines" | tr '\n' ' ')(the former one is $BOOT_CONFIG.lock-bridge)" add_boot "$lines"
        [ -n "$DEST" ] || step "to do" "restart the machine, so that this holds: sudo reboot"
    fi
}

add_boot() {
    local text
    [ -e "$BOOT_CONFIG.lock-bridge" ] || cp -p --remove-destination "$BOOT_CONFIG" "$BOOT_CONFIG.lock-bridge"
    text="$(without_boot_block "$BOOT_CONFIG"
        printf '%s\n[all]\n' "$BOOT_BEGIN"
        { in_boot_block "$BOOT_CONFIG"; printf '%s\n' "$1"; }
        printf '%s\n' "$BOOT_END")"
    # In place: on a boot partition there are neither owners nor links to lose, and the file keeps its name all the time.
    printf '%s\n' "$text" >"$BOOT_CONFIG" && sync "$BOOT_CONFIG"
    remember boot "$(readlink -f "$BOOT_CONFIG")"
}

without_boot_block() { sed "\\|^$BOOT_BEGIN\$|,\\|^$BOOT_END\$|d" "$1"; }
in_boot_block() { sed -n "\\|^$BOOT_BEGIN\$|,\\|^$BOOT_END\$|p" "$1" | grep -E '^(dt|enable_uart=)' || true; }

remove_boot() {
    local text
    text="$(without_boot_block "$1")"
    printf '%s\n' "$text" >"$1"
    rm -f "$1.lock-bridge"
}

# What no program should do behind a person's back.
tell_rest() {
    local boot line again
    again="sudo bridge/install${DEST:+ --root $(printf %q "$DEST")}"
    say ""
    for boot in "$DEST/boot/firmware/config.txt" "$DEST/boot/config.txt" ""; do [ ! -f "$boot" ] || break; done
    if [ -n "$boot" ]; then
        for line in $(boot_lines "$boot"); do
            case "$line" in
                *strict*) todo "$line in $(shown "$boot"): a motor's line is let go when the bridge dies" ;;
                *i2c*) todo "$line in $(shown "$boot"): the bus of battery gauges" ;;
                *) todo "$line in $(shown "$boot"): the header's serial port (on a Pi 5 dtparam=uart0=on is the same)" ;;
            esac
        done
        [ -z "$(boot_lines "$boot")" ] || todo "or let it be written: $again --boot-config $(shown "$boot")"
        if grep -qE 'console=(serial0|ttyAMA0|ttyS0)' "${boot%/*}/cmdline.txt" 2>/dev/null; then
            todo "the serial console uses the header's serial port: sudo raspi-config nonint do_serial_cons 1"
        fi
        if config_names '/dev/(ttyAMA0|serial0)["'"'"']' && ! grep -qE '^dtoverlay=(disable|miniuart)-bt' "$boot"; then
            todo "on a Pi 3, 4 or Zero 2 W: dtoverlay=disable-bt in $(shown "$boot"), or Bluetooth has the good serial port"
        fi
        if config_names '/dev/serial0["'"'"']'; then
            todo "on a Pi 5: name /dev/ttyAMA0 in $(shown "$CONFIG"); /dev/serial0 is the debug plug there, not the header"
        fi
    fi
    todo "write what is attached into $(shown "$CONFIG"): lock-bridge hardware scan proposes it, docs/hardware.md explains it"
    todo "then once more (it brings what the config needs): $again, and: sudo lock-bridge doctor"
    todo "pair Home Assistant: sudo lock-bridge pair"
}

todo() { step "to do" "$1"; }
