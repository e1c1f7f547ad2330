// Package audience runs the virtual players that watch while faults are injected.
package audience
