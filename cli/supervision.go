package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/metrics"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/webhook"
	"livestream-tui/services/kit/service"
)

// supervision is the settings of the supervisor alone.
type supervision struct {
	service.Supervision
	// targets are the receivers of alerts.
	targets []webhook.Target
	// metricsAddress is where metrics are served; empty for nowhere.
	metricsAddress string
}

// supervision reads the settings of the supervisor. The error is a *service.ConfigError.
func (a *app) supervision() (supervision, error) {
	var s supervision
	var t service.Topology
	var problems, others service.Problems
	var err, bad error
	s.Supervision, err = service.SupervisionFromEnv(a.env)
	if s.targets, bad = webhook.ParseTargets(s.WebhookURLs, s.WebhookFormat); bad != nil {
		var format *webhook.FormatError
		if errors.As(bad, &format) {
			problems.Add("WEBHOOK_FORMAT", s.WebhookFormat, bad.Error())
		} else {
			problems.Add("WEBHOOK_URL", s.WebhookURLs, bad.Error())
		}
	}
	service.Parse(a.env, &t, &others) // the services report what is wrong with it
	if s.MetricsPort != 0 {
		s.metricsAddress = net.JoinHostPort(cmp.Or(s.MetricsBindAddress, t.ControlBindAddress), strconv.Itoa(int(s.MetricsPort)))
	}
	return s, service.JoinProblems(err, problems.Err())
}

// runBeside has metrics and alerts run with the platform, where they are set.
func (a *app) runBeside(p *local.Local, s supervision) error {
	if len(s.targets) > 0 {
		p.Beside(func(ctx context.Context, p platform.Platform, log hclog.Logger) {
			webhook.Run(ctx, p, webhook.Options{Targets: s.targets, Secret: s.WebhookSecret, StillOn: s.WebhookStillOn, Log: log})
		})
	}
	if s.metricsAddress == "" {
		return nil
	}
	for _, q := range p.Now().Processes {
		if q.Port == int(s.MetricsPort) {
			return fmt.Errorf("METRICS_PORT=%d: it is the port of %s; set another", s.MetricsPort, q.Name)
		}
	}
	l, err := net.Listen("tcp", s.metricsAddress)
	if err != nil {
		return fmt.Errorf("METRICS_PORT=%d: %w; free the port or set another", s.MetricsPort, err)
	}
	p.Beside(func(ctx context.Context, p platform.Platform, log hclog.Logger) {
		metrics.Serve(ctx, p, metrics.Options{Listener: l, Version: a.version, Log: log})
	})
	return nil
}
