package handover

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want []string
		err  string
	}{
		{"nothing", map[string]string{}, nil, ""},
		{"names without a count", map[string]string{"LISTEN_FDNAMES": "a"}, nil, ""},
		{"one", map[string]string{"LISTEN_FDS": "1", "LISTEN_FDNAMES": "proxy"}, []string{"proxy"}, ""},
		{"two", map[string]string{"LISTEN_FDS": "2", "LISTEN_FDNAMES": "proxy:tls"}, []string{"proxy", "tls"}, ""},
		{"more than are named", map[string]string{"LISTEN_FDS": "3", "LISTEN_FDNAMES": "proxy"}, []string{"proxy", "", ""}, ""},
		{"fewer than are named", map[string]string{"LISTEN_FDS": "1", "LISTEN_FDNAMES": "proxy:tls"}, []string{"proxy"}, ""},
		{"ours", map[string]string{"LISTEN_FDS": "1", "LISTEN_PID": "42"}, []string{""}, ""},
		{"another's", map[string]string{"LISTEN_FDS": "1", "LISTEN_PID": "43"}, nil, ""},
		{"another's, and bad", map[string]string{"LISTEN_FDS": "x", "LISTEN_PID": "43"}, nil, ""},
		{"no number", map[string]string{"LISTEN_FDS": "one"}, nil, `LISTEN_FDS="one": allowed is`},
		{"less than none", map[string]string{"LISTEN_FDS": "-1"}, nil, `LISTEN_FDS="-1": allowed is`},
	} {
		got, err := namesFor(c.env, 42)
		if !reflect.DeepEqual(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %q, %v, want %q, %q", c.name, got, err, c.want, c.err)
		}
	}
}

func TestListeners(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  []int
		err   string
	}{
		{[]string{"proxy"}, []int{0}, ""},
		{[]string{"anything"}, []int{0}, ""},
		{[]string{""}, []int{0}, ""},
		{[]string{"tls", "proxy"}, []int{1}, ""},
		{[]string{"tls", "proxy", "proxy"}, []int{1, 2}, ""},
		{[]string{"tls", "http", "proxy"}, []int{2}, ""},
		{[]string{"anything", "anything"}, []int{0, 1}, ""},
		{[]string{"anything", "connections"}, []int{0}, ""},
		{[]string{"connections"}, nil, ""},
		{nil, nil, ""},
		{[]string{"tls", "http"}, nil, `LISTEN_FDNAMES="tls:http": of several sockets that are handed down, one must be named proxy`},
	} {
		got, err := Listeners(c.names, "proxy")
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%v: got %v, %v, want %v, %q", c.names, got, err, c.want, c.err)
		}
	}
}

// TestWhatTheSupervisorWritesTheServiceReads holds the two sides of the contract together.
func TestWhatTheSupervisorWritesTheServiceReads(t *testing.T) {
	list := Environment([]string{"A=1", "LISTEN_FDS=7", "LISTEN_PID=1", "LISTEN_FDNAMES=a:b"}, []string{"proxy", "proxy", Connections})
	env := map[string]string{}
	for _, v := range list {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	names, err := Names(env)
	if want := []string{"proxy", "proxy", Connections}; err != nil || !slices.Equal(names, want) || env["A"] != "1" {
		t.Errorf("got %q, %v of %q, want %q", names, err, list, want)
	}
}
