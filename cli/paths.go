package cli

import (
	"path/filepath"

	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/service"
)

// paths are the folders that the environment names. The error is a
// *service.ConfigError.
func (a *app) paths() (service.Paths, error) {
	var paths service.Paths
	var problems service.Problems
	service.Parse(a.env, &paths, &problems)
	paths.Complete(a.env, &problems)
	return paths, problems.Err()
}

func logFolder(p service.Paths) string { return filepath.Join(p.State, "logs") }

func folders(p service.Paths) []preflight.Folder {
	return []preflight.Folder{
		{Variable: "INPUT_STREAM_PATH", Path: p.Input, ReadOnly: true},
		{Variable: "OUTPUT_STREAM_PATH", Path: p.Output},
		{Variable: "STATE_PATH", Path: p.State},
		{Variable: "CACHE_PATH", Path: p.Cache},
	}
}
