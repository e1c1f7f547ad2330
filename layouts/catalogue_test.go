package layouts

import (
	"encoding/json"
	"testing"
)

func TestEveryServiceHasARole(t *testing.T) {
	for _, s := range Catalogue() {
		if s.Role == Other || RoleOf(s.Name) != s.Role || s.BindVariable == "" {
			t.Errorf("%+v: got role %s", s, RoleOf(s.Name))
		}
	}
	for service, want := range map[string]Role{"packager": Packager, "server1": Packager, "server2": Packager, "proxy": Proxy, "server9": Other, "": Other} {
		if got := RoleOf(service); got != want {
			t.Errorf("%q: got %s, want %s", service, got, want)
		}
	}
}

func TestARoleGoesOverTheWire(t *testing.T) {
	for r := range Role(len(roleNames)) {
		b, err := json.Marshal(r)
		back := Viewer
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if err != nil || back != r {
			t.Errorf("%s: got %s and back %s, %v", r, b, back, err)
		}
	}
	r := Proxy
	if err := json.Unmarshal([]byte(`"of a later version"`), &r); err != nil || r != Other {
		t.Errorf("an unknown role: got %s, %v, want %s", r, err, Other)
	}
}
