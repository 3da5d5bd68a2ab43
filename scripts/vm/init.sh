#!/bin/busybox sh
# The guest's first process: loads the modules, makes the machine's own files its root, and starts the agent there.
# Read-only over 9p, with a layer in memory on top: whatever the guest writes is gone with it.

b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r module options; do
    # shellcheck disable=SC2086 # more than one
    $b insmod "/modules/$module.ko" $options || echo "The module $module does not load"
done </modules/order

$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 host /host || $b poweroff -f
$b mount -t tmpfs -o size=70% own /own
$b mkdir /own/upper /own/work
$b mount -t overlay -o lowerdir=/host,upperdir=/own/upper,workdir=/own/work guest /guest || $b poweroff -f
$b umount /dev
$b mount -t proc proc /guest/proc
$b mount -t sysfs sys /guest/sys
$b mount -t devtmpfs dev /guest/dev
$b mkdir -p /guest/dev/pts /guest/dev/shm
$b mount -t devpts devpts /guest/dev/pts
$b mount -t tmpfs shm /guest/dev/shm
$b mount -t tmpfs run /guest/run
$b mount -t configfs configfs /guest/sys/kernel/config
$b ifconfig lo 127.0.0.1 up
$b ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
$b hostname guest

echo "Booted in $($b cut -d' ' -f1 /proc/uptime) s"
$b sh /start
echo "The agent has ended with $? after $($b cut -d' ' -f1 /proc/uptime) s"
$b poweroff -f
