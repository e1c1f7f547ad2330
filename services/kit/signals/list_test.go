package signals

import (
	"strings"
	"testing"
)

func TestAListIsReadOrRefusedWithoutQuotingIt(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"none", `[]`, ""},
		{"one", `[{"name":"stage","inputs":[{"name":"main","rtmp":{"key":"hidden-key"}},{"name":"backup","srt":{}}]}]`, ""},
		{"no JSON", `hidden-key`, "not a list of signals"},
		{"a bad name", `[{"name":"../x","inputs":[{"name":"main","rtmp":{}}]}]`, "signal 1 has no name"},
		{"a name twice", `[{"name":"a","inputs":[{"name":"main","udp":":1"}]},{"name":"a","inputs":[{"name":"main","udp":":2"}]}]`, "signal a stands twice"},
		{"no inputs", `[{"name":"a"}]`, "signal a has no input"},
		{"an input's name twice", `[{"name":"a","inputs":[{"name":"main","udp":":1"},{"name":"main","udp":":2"}]}]`, "input main stands twice"},
		{"an input without a name", `[{"name":"a","inputs":[{"udp":":1"}]}]`, "input 1 has no name"},
		{"two kinds", `[{"name":"a","inputs":[{"name":"main","rtmp":{"key":"hidden-key"},"udp":":1"}]}]`, "input main is not just one"},
		{"no kind", `[{"name":"a","inputs":[{"name":"main"}]}]`, "input main is not just one"},
	} {
		var l List
		err := l.UnmarshalText([]byte(c.text))
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		case err != nil && strings.Contains(err.Error(), "hidden"):
			t.Errorf("%s: got %v, which quotes a key", c.name, err)
		}
	}
}
