package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
)

func TestTheSupervisorsSettingsAreReadTogether(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	a.env = service.Environment{
		"METRICS_PORT": "9464", "CONTROL_BIND_ADDRESS": "::1", "WEBHOOK_URL": "https://hooks.example/a,http://localhost:9093/api/v2/alerts",
		"WEBHOOK_FORMAT": "slack,alertmanager", "WEBHOOK_STILL_ON": "1h", "DISK_LOW_BYTES": "5",
	}
	s, err := a.supervision()
	if err != nil || s.metricsAddress != "[::1]:9464" || len(s.targets) != 2 || s.WebhookStillOn != time.Hour || s.LowDisk != 5 {
		t.Errorf("got %+v, %v", s, err)
	}
	a.env["METRICS_BIND_ADDRESS"] = "0.0.0.0"
	if s, err = a.supervision(); err != nil || s.metricsAddress != "0.0.0.0:9464" {
		t.Errorf("with an address of their own: got metrics at %s, %v", s.metricsAddress, err)
	}
	a.env = service.Environment{}
	if s, err = a.supervision(); err != nil || s.metricsAddress != "" || len(s.targets) != 0 || s.LowDisk != 1<<30 {
		t.Errorf("without settings: got %+v, %v", s, err)
	}
}

func TestBadSettingsOfTheSupervisorAreNamedWithoutSecrets(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	a.env = service.Environment{
		"METRICS_PORT": "many", "METRICS_BIND_ADDRESS": "everywhere", "WEBHOOK_URL": "hooks.example/secret", "WEBHOOK_STILL_ON": "-1s", "DISK_LOW_BYTES": "-1", "WEBHOOK_SECRET": "secret",
	}
	_, err := a.supervision()
	var config *service.ConfigError
	if !errors.As(err, &config) || len(config.Problems) != 5 {
		t.Fatalf("got %v, want five problems", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the message has a secret: %v", err)
	}
}

func TestABadFormatOfWebhooksIsNamedByItsSetting(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	a.env = service.Environment{"WEBHOOK_URL": "http://hooks.example/secret", "WEBHOOK_FORMAT": "teams", "WEBHOOK_STILL_ON": "soon"}
	_, err := a.supervision()
	for _, want := range []string{`WEBHOOK_FORMAT="teams": `, "allowed are json, slack, discord", `WEBHOOK_STILL_ON="soon": `} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
