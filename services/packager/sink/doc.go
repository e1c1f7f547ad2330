// Package sink lists and holds the signals of a packager. Every source puts playlists and
// media into one Sink, which applies one rule to them: it publishes snapshots for
// players, declares what is missing as gaps, and ends signals.
package sink
