// Package systemd tells a service manager how the platform is, by the protocol of
// sd_notify(3): that it is ready, that it upgrades, that it stops, that it is alive, and
// what an operator reads in `systemctl status`.
package systemd
