// Package ingest is how signals come to a packager: from the folder that a worker
// writes, or by HTTP from workers that PUT them (DASH-IF live media ingest,
// interface 2). Either source brings playlists and media to one Sink, which lists
// and holds them by one rule.
package ingest
