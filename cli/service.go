package cli

import (
	"github.com/spf13/cobra"

	"livestream-tui/services"
	"livestream-tui/services/kit/service"
)

// servicesGroup is the part of help that lists the services.
const servicesGroup = "services"

// addServices adds a command for each service.
func addServices(root *cobra.Command, a *app) {
	root.AddGroup(&cobra.Group{ID: servicesGroup, Title: "One service in the foreground:"})
	for _, s := range services.All() {
		root.AddCommand(&cobra.Command{
			Use: s.Name, Short: s.About, GroupID: servicesGroup, Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.service(s) },
		})
	}
}

// service runs one service in the foreground until a signal ends it.
func (a *app) service(s services.Service) error {
	p, err := s.Prepare(a.env)
	if err != nil {
		return err
	}
	kit := service.NewKit(p.Name, p.Common, p.Env, a.errs)
	made, err := p.New(kit)
	if err != nil {
		return err
	}
	ctx, release := a.untilSignal(exitInterrupted)
	defer release()
	return service.Run(ctx, made, kit, p.Common)
}
