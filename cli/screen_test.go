package cli

import (
	"slices"
	"testing"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/services/kit/service"
	"livestream-tui/tui"
)

func TestASCIIIsTheDefaultWhereTheLocaleIsNotUTF8(t *testing.T) {
	for _, c := range []struct {
		name  string
		lang  string
		args  []string
		ascii bool
		given bool
	}{
		{"UTF-8", "en_GB.UTF-8", nil, false, false},
		{"UTF-8, and ASCII asked for", "en_GB.UTF-8", []string{"--ascii"}, true, true},
		{"POSIX", "C", nil, true, false},
		{"POSIX, and more than ASCII asked for", "C", []string{"--ascii=false"}, false, true},
		{"another theme", "en_GB.UTF-8", []string{"--theme", "mono"}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _, _ := newTestApp(t, nil)
			var o screenFlags
			cmd := versionCommand(a)
			o.addTo(cmd, service.Environment{"LANG": c.lang})
			if err := cmd.ParseFlags(c.args); err != nil {
				t.Fatal(err)
			}
			if o.ascii != c.ascii || o.given() != c.given {
				t.Errorf("got ASCII %t and given %t, want %t and %t", o.ascii, o.given(), c.ascii, c.given)
			}
		})
	}
}

func TestDashboardOffersOnlyFaultsThatLeaveTheMachineAlone(t *testing.T) {
	offered := drills()
	if len(offered) == 0 {
		t.Fatal("no fault is offered")
	}
	for _, f := range fault.All() {
		has := slices.ContainsFunc(offered, func(d tui.Drill) bool { return d.Name == f.Name })
		if has == f.Own {
			t.Errorf("%s: got offered %t, want %t", f.Name, has, !f.Own)
		}
	}
}
