package platform

import (
	"context"
	"errors"
	"path/filepath"
)

// SocketName is the file name of the control socket in the run folder.
const SocketName = "control.sock"

// SocketPath returns the path of the control socket of the platform with that run folder.
func SocketPath(runPath string) string { return filepath.Join(runPath, SocketName) }

// WatchSocketName is the file name of the socket on which the platform takes no command.
const WatchSocketName = "watch.sock"

// WatchSocketPath returns the path of that socket in a run folder.
func WatchSocketPath(runPath string) string { return filepath.Join(runPath, WatchSocketName) }

// ErrReadOnly is the error of a command to a platform that can only be watched.
var ErrReadOnly = errors.New("this is the socket for watching, which takes no commands: use " + SocketName)

// ErrNoToken is the error of Token of a platform that can only be watched.
var ErrNoToken = errors.New("this is the socket for watching, which makes no playback tokens: use " + SocketName)

// ReadOnly returns a platform that shows all of p, refuses every command and makes no
// playback tokens.
func ReadOnly(p Platform) Platform { return readOnly{p} }

type readOnly struct{ Platform }

// Command implements Platform.
func (readOnly) Command(context.Context, Command) error { return ErrReadOnly }

// Token implements Platform. Who may only watch the platform is given no way to play, nor
// to let others play.
func (readOnly) Token(context.Context, string) (string, error) { return "", ErrNoToken }
