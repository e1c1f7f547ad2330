package platform

import "path/filepath"

// SocketName is the file name of the control socket in the run folder.
const SocketName = "control.sock"

// SocketPath returns the path of the control socket of the platform with that run folder.
func SocketPath(runPath string) string { return filepath.Join(runPath, SocketName) }
