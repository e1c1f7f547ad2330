package platform

import (
	"path/filepath"
)

// SocketName is the control socket's in the run folder.
const SocketName = "control.sock"

// SocketPath is where the platform with that run folder serves its interface.
func SocketPath(runPath string) string { return filepath.Join(runPath, SocketName) }
