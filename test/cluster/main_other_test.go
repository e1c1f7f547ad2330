//go:build !linux

package cluster

func child() bool { return false }
