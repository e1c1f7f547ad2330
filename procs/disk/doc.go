// Package disk watches how much room is left on the disks of the platform's folders.
package disk
