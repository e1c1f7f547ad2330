package services

import (
	"slices"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/service"
)

// TestLayoutsKnowEveryService holds that the two catalogues have the same rows.
func TestLayoutsKnowEveryService(t *testing.T) {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	if known := layouts.ServiceNames(); !slices.Equal(names, known) {
		t.Errorf("got the services %v, layouts know %v", names, known)
	}
}

func TestAnInstanceIsNamedByItsService(t *testing.T) {
	for _, c := range []struct {
		service string
		env     service.Environment
		want    string
	}{
		{"worker", nil, "worker"},
		{"packager", nil, "packager"},
		{"packager", service.Environment{"PACKAGER_NAME": "third"}, "third"},
		{"server1", service.Environment{"PACKAGER_NAME": "third"}, "server1"},
	} {
		s, ok := Find(c.service)
		if !ok {
			t.Fatalf("no service %q", c.service)
		}
		e := service.Environment{"HOME": "/h"}
		for k, v := range c.env {
			e[k] = v
		}
		p, err := s.Prepare(e)
		if err != nil || p.Name != c.want {
			t.Errorf("%s with %v: got %q, %v, want %q", c.service, c.env, p.Name, err, c.want)
		}
	}
}
