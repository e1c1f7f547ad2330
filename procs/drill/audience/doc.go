// Package audience is the virtual players that watch while faults are injected.
package audience
