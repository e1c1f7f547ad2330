package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/doctor"
	"livestream-tui/services/kit/service"
	proxypage "livestream-tui/services/proxy/page"
	"livestream-tui/services/worker/ffmpeg"
)

func doctorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "report what is missing on this machine, and how to get it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

func (a *app) doctor(ctx context.Context) error {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		return err
	}
	paths, err := a.paths()
	var places service.Topology
	var problems service.Problems
	service.Parse(a.env, &places, &problems)
	places.Complete(&problems)
	_, bad := a.checkLayout(layout)
	if err := service.JoinProblems(err, problems.Err(), bad); err != nil {
		return err
	}
	list := doctor.Examine(ctx, doctor.Options{
		Layout: layout, Env: a.env, Folders: folders(paths), RunPath: paths.Run, Terminal: os.Stdout, Encode: encodes, HLS: proxypage.HasHLS(),
	})
	if !doctor.WriteFindings(a.out, list) {
		return errors.New("something necessary is missing, see above")
	}
	return nil
}

// encodes reports what is wrong with an FFmpeg, and the remedy; both are empty if it
// encodes.
func encodes(ctx context.Context, command string) (wrong, remedy string) {
	err := ffmpeg.Check(ctx, command)
	var machine *ffmpeg.Machine
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &machine):
		return machine.What, machine.Remedy
	}
	return err.Error(), ""
}
