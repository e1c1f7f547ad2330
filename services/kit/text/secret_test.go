package text

import "testing"

func TestNoSecretIsShown(t *testing.T) {
	for _, c := range []struct{ name, variable, value, want string }{
		{"no secret", "PACKAGERS", "http://a:8080,http://b", "http://a:8080,http://b"},
		{"not set", "INGEST_TOKEN", "", ""},
		{"a token", "INGEST_TOKEN", "abc", Masked},
		{"a webhook", "NOTIFY_WEBHOOK", "https://hooks.example/T0/B0", Masked},
		{"the address of a webhook", "WEBHOOK_URL", "https://hooks.example/T0/B0", Masked},
		{"what is said of webhooks", "WEBHOOK_STILL_ON", "soon", "soon"},
		{"the path of a key", "PROXY_TLS_KEY", "/etc/key.pem", "/etc/key.pem"},
		{"keys", "PLAYBACK_KEYS", "a:b", Masked},
		{"credentials", "PACKAGERS", "http://op:pw@one:8080,http://two", "http://" + Masked + "@one:8080,http://two"},
		{"credentials with a comma", "PACKAGERS", "http://op:p,w@one", "http://" + Masked + "@one"},
		{"credentials with all that may be in them", "PACKAGERS", "http://op:p/w?x#y@z@one", "http://" + Masked + "@one"},
		{"credentials of what is no address", "PACKAGERS", "op:pw@one:8080", Masked + "@one:8080"},
		{"a query", "REPORTER_URL", "http://two/x?token=abc, https://three#abc", "http://two/x?" + Masked + ", https://three?" + Masked},
		{"a query of what is no address", "ORIGIN_URL", "two?token=abc", "two?" + Masked},
		{"an address in a query", "ORIGIN_URL", "http://two?to=http://op:pw@x", "http://" + Masked + "@x"},
	} {
		if got := WithoutSecrets(c.variable, c.value); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
