package layouts

import (
	"fmt"
	"slices"
)

// Role is what a process does on the way from the encoder to the player.
type Role uint8

// The roles. The zero value is Other.
const (
	Other     Role = iota // of no service in the catalogue
	Receiver              // takes live inputs
	Worker                // encodes
	Packager              // publishes segments and playlists
	Reporter              // keeps the findings of discovery
	Discovery             // watches the packagers
	Origin                // says which packager to play from
	Proxy                 // serves the players
	Viewer                // plays, as the audience does
	Engine                // carries what the machines of a cluster say to each other
)

var roleNames = []string{"other", "receiver", "worker", "packager", "reporter", "discovery", "origin", "proxy", "viewer", "engine"}

// String returns the role's lower-case name.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// MarshalText implements encoding.TextMarshaler.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A role that only a later version
// knows is read as Other.
func (r *Role) UnmarshalText(b []byte) error {
	*r = Role(max(slices.Index(roleNames, string(b)), 0))
	return nil
}
