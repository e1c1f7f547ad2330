package registry

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/services/cluster"
)

func member(name string, order int) cluster.Member {
	host := map[string]string{"a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3", "d": "10.0.0.4"}[name]
	return cluster.Member{Name: name, Address: host, EnginePort: 4222, RoutePort: 6222, Order: order, Joined: time.Unix(int64(order), 0).UTC()}
}

func own(name string, order int) Own {
	m := member(name, order)
	o := Own{Member: m}
	for port, server := range map[int]string{8080: "server1", 9090: "server2"} {
		o.Instances = append(o.Instances, cluster.Instance{Machine: name, Name: server, Kind: layouts.Packager.String(), URL: fmt.Sprintf("http://%s:%d", m.Address, port)})
	}
	for port, role := range map[int]layouts.Role{2000: layouts.Reporter, 8001: layouts.Origin, 8002: layouts.Proxy} {
		o.Instances = append(o.Instances, cluster.Instance{Machine: name, Name: role.String(), Kind: role.String(), URL: fmt.Sprintf("http://%s:%d", m.Address, port)})
	}
	return o
}

// of is a table of machines, with the word w1.
func of(list ...Own) Table {
	t := Table{Word: "w1"}
	for _, o := range list {
		t = t.Of(o)
	}
	return t
}

// storeOf is a Store that has a table.
func storeOf(t Table) map[string]cluster.Entry {
	seen := map[string]cluster.Entry{}
	for key, value := range t.Entries {
		seen[key] = cluster.Entry{Key: key, Value: value, Rev: 7}
	}
	return seen
}

func keys(writes []Write) string {
	var list []string
	for _, w := range writes {
		word := w.Key
		if w.Value == nil {
			word = "-" + word
		}
		list = append(list, word)
	}
	return strings.Join(list, " ")
}

func TestTheEngineRunsOnTheFirstMachineAndOnTheFirstThree(t *testing.T) {
	for _, c := range []struct {
		members []cluster.Member
		want    string
	}{
		{nil, ""},
		{[]cluster.Member{member("b", 1)}, "b"},
		{[]cluster.Member{member("a", 2), member("b", 1)}, "b"},
		{[]cluster.Member{member("a", 2), member("b", 1), member("c", 3)}, "b a c"},
		{[]cluster.Member{member("a", 4), member("b", 1), member("c", 3), member("d", 2)}, "b d c"},
	} {
		table := Table{}
		for _, m := range c.members {
			table = table.Knowing(m)
		}
		var got []string
		for _, m := range Engines(table.Members()) {
			got = append(got, m.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: got %v, want %s", c.members, got, c.want)
		}
		if RunsEngine(table.Members(), "a") != slices.Contains(got, "a") {
			t.Errorf("%v: a", c.members)
		}
	}
}

func TestSettingsOfThreeMachines(t *testing.T) {
	p := Place{Table: of(own("a", 1), own("b", 2), own("c", 3)), Machine: member("b", 2), Keys: Keys{IngestToken: "t", AdminToken: "admin-token-admin", CA: "ca.pem"}}
	packagers := "http://10.0.0.1:8080,http://10.0.0.1:9090,http://10.0.0.2:8080,http://10.0.0.2:9090,http://10.0.0.3:8080,http://10.0.0.3:9090"
	for _, c := range []struct {
		role     layouts.Role
		variable string
		want     string
	}{
		{layouts.Packager, "PACKAGERS", packagers},
		{layouts.Proxy, "PACKAGERS", packagers},
		{layouts.Worker, "PACKAGERS", ""},
		{layouts.Worker, "INGEST_URLS", "http://10.0.0.2:8080,http://10.0.0.2:9090,http://10.0.0.1:8080,http://10.0.0.1:9090,http://10.0.0.3:8080,http://10.0.0.3:9090"},
		{layouts.Worker, "OUTPUT_STREAM_PATH", "none"},
		{layouts.Packager, "INGEST", "http"},
		{layouts.Packager, "INGEST_TOKEN", "t"},
		{layouts.Proxy, "INGEST_TOKEN", ""},
		{layouts.Proxy, "ORIGIN_URL", "http://10.0.0.2:8001,http://10.0.0.1:8001,http://10.0.0.3:8001"},
		{layouts.Discovery, "REPORTER_URL", "http://10.0.0.2:2000"},
		{layouts.Viewer, "PROXY_URL", "http://10.0.0.2:8002"},
		{layouts.Proxy, "ENGINE_URL", "nats://10.0.0.2:4222,nats://10.0.0.1:4222,nats://10.0.0.3:4222"},
		{layouts.Engine, "ENGINE_PEERS", "a=10.0.0.1:6222,b=10.0.0.2:6222,c=10.0.0.3:6222"},
		{layouts.Engine, "PACKAGERS", ""},
		{layouts.Proxy, "BIND_ADDRESS", "10.0.0.2"},
		{layouts.Discovery, "CONTROL_BIND_ADDRESS", "0.0.0.0"},
		{layouts.Origin, "MACHINE", "b"},
	} {
		got := Settings(c.role, p, map[string]string{"CONTROL_BIND_ADDRESS": "0.0.0.0", "PACKAGERS": "http://elsewhere:1"})[c.variable]
		if c.variable == "CONTROL_BIND_ADDRESS" {
			c.want = "" // the operator's own
		}
		if got != c.want {
			t.Errorf("%s of a %s: got %q, want %q", c.variable, c.role, got, c.want)
		}
	}
}

func TestWorkersAndReceiversKnowAllReceiversInOneOrder(t *testing.T) {
	table := of(own("a", 1), own("b", 2))
	for _, m := range []string{"b", "a"} {
		i := cluster.Instance{Machine: m, Name: "receiver", Kind: "receiver", URL: "http://" + m + ":8010"}
		table = table.With(KeyOf(i), i)
	}
	for _, machine := range []string{"a", "b"} {
		for _, role := range []layouts.Role{layouts.Worker, layouts.Receiver} {
			if got, want := Settings(role, Place{Table: table, Machine: member(machine, 1)}, nil)["RECEIVER_URL"], "http://a:8010,http://b:8010"; got != want {
				t.Errorf("a %s of %s: got %q, want %q", role, machine, got, want)
			}
		}
	}
	got := Settings(layouts.Receiver, Place{Table: table, Machine: member("b", 2)}, nil)
	if got["MACHINE"] != "b" || got["ENGINE_URL"] == "" {
		t.Errorf("a receiver gets %v, want its machine and the engine", got)
	}
}

func TestTheSecondMachineChangesNoEngine(t *testing.T) {
	one := Place{Table: of(own("a", 1)), Machine: member("a", 1)}
	two := Place{Table: of(own("a", 1), own("b", 2)), Machine: member("a", 1)}
	before, after := Settings(layouts.Engine, one, nil), Settings(layouts.Engine, two, nil)
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("got %v, then %v", before, after)
	}
	if got := Settings(layouts.Engine, Place{Table: two.Table, Machine: member("b", 2)}, nil)["ENGINE_PEERS"]; got != "a=10.0.0.1:6222" {
		t.Errorf("the engine of b: got %q, want the peers without b, so that it is on standby", got)
	}
}

func TestAnAddressThatIsANameIsListenedOnEverywhere(t *testing.T) {
	for address, want := range map[string]string{"machine-a": "0.0.0.0", "127.0.0.1": "", "127.0.0.2": "127.0.0.2", "": ""} {
		m := member("a", 1)
		m.Address = address
		if got := Settings(layouts.Proxy, Place{Machine: m}, nil)["BIND_ADDRESS"]; got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func TestAnEmptyStoreIsFilled(t *testing.T) {
	o := own("a", 0)
	next, writes := Merge(Table{}.Of(o), o, nil, "w1")
	if m, _ := next.Member("a"); m.Order != 1 {
		t.Errorf("got place %d, want the first", m.Order)
	}
	if got, want := keys(writes), "machine.a svc.origin.a.origin svc.packager.a.server1 svc.packager.a.server2 svc.proxy.a.proxy svc.reporter.a.reporter"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again, writes := Merge(next, o, storeOf(next), "w1"); len(writes) > 0 || !again.Equal(next) {
		t.Errorf("the same again: got writes %s", keys(writes))
	}
}

func TestWhatIsNotInTheSameStoreWasDeleted(t *testing.T) {
	a := own("a", 1)
	table := of(a, own("b", 2))
	next, writes := Merge(table, a, storeOf(of(a)), "w1")
	if _, still := next.Member("b"); still || len(writes) > 0 {
		t.Errorf("got members %v, writes %s", next.Members(), keys(writes))
	}
}

func TestALostStoreIsFilledAgainAndNobodyIsForgotten(t *testing.T) {
	a := own("a", 1)
	table := of(a, own("b", 2)).With(cluster.KeyDrain+"b", cluster.Intent{By: "x", At: time.Unix(10, 0)})
	table.Pending = nil // the old Store had it
	seen := storeOf(of(own("b", 2)).With(cluster.KeyDrain+"b", cluster.Intent{By: "older", At: time.Unix(5, 0)}))
	next, writes := Merge(table, a, seen, "w2")
	if len(next.Members()) != 2 {
		t.Errorf("got members %v", next.Members())
	}
	if i, _ := next.Drain("b"); i.By != "x" {
		t.Errorf("got %+v, want the later intent", i)
	}
	if got := keys(writes); !strings.HasPrefix(got, "intent.drain.b machine.a svc.") || strings.Contains(got, "machine.b") {
		t.Errorf("got %s", got)
	}
	if i := slices.IndexFunc(writes, func(w Write) bool { return w.Key == cluster.KeyDrain+"b" }); writes[i].Rev != 7 {
		t.Errorf("got %+v, want the revision that is replaced", writes[i])
	}
	seen[cluster.KeyDrain+"b"] = cluster.Entry{Value: encode(cluster.Intent{By: "later", At: time.Unix(11, 0)}), Rev: 8}
	if next, _ := Merge(table, a, seen, "w2"); true {
		if i, _ := next.Drain("b"); i.By != "later" {
			t.Errorf("got %+v, want that of the Store, which is later", i)
		}
	}
}

// A machine that was away has a copy of an old Store, in which something was wanted that has been
// taken back since. It fills a Store that was lost with that.
func TestWhatWasTakenBackDoesNotComeBackWithALostStore(t *testing.T) {
	a, b := own("a", 1), own("b", 2)
	at := func(seconds int64) cluster.Intent { return cluster.Intent{By: "x", At: time.Unix(seconds, 0)} }
	stop, drain := cluster.KeyStop+"b.engine", cluster.KeyDrain+"b"
	there := func(table Table) Table { // the Store has it
		table.Pending = nil
		return table
	}
	wanted := there(of(a, b).Wanting(stop, at(10)).Wanting(drain, at(10)))
	back := there(wanted.TakingBack(stop, at(20)).TakingBack(drain, at(5))) // by a clock that is behind
	if len(back.Stopped("b")) > 0 {
		t.Fatalf("taken back: got %v", back.Stopped("b"))
	}
	filled := storeOf(wanted) // by the machine that was away
	next, writes := Merge(back, b, filled, "w2")
	if _, drained := next.Drain("b"); drained || len(next.Stopped("b")) > 0 {
		t.Errorf("after the Store was lost: got stopped %v, drained %t", next.Stopped("b"), drained)
	}
	if got, want := keys(writes), "intent.back.drain.b intent.back.stop.b.engine -intent.drain.b -intent.stop.b.engine"; got != want {
		t.Errorf("got writes %s, want %s", got, want)
	}
	// The machine that was away comes back to the Store that is right.
	next, writes = Merge(wanted, a, storeOf(there(next)), "w2")
	if _, drained := next.Drain("b"); drained || len(next.Stopped("b")) > 0 || len(writes) > 0 {
		t.Errorf("from the machine that was away: got stopped %v, drained %t, writes %s", next.Stopped("b"), drained, keys(writes))
	}
	// What is wanted again counts, whatever the clock says.
	again := next.Wanting(stop, at(1))
	if got := again.Stopped("b"); !slices.Equal(got, []string{"engine"}) {
		t.Errorf("wanted again: got %v", got)
	}
	if next, writes = Merge(again, b, storeOf(there(back)), "w1"); !slices.Equal(next.Stopped("b"), []string{"engine"}) || keys(writes) != stop {
		t.Errorf("wanted again: got %v, writes %s", next.Stopped("b"), keys(writes))
	}
	// Another machine has taken back what waits for the Store here.
	if next, writes = Merge(of(a, b).Wanting(stop, at(10)), b, storeOf(back), "w1"); len(next.Stopped("b"))+len(next.Pending)+len(writes) > 0 {
		t.Errorf("taken back meanwhile: got %v, pending %v, writes %s", next.Stopped("b"), next.Pending, keys(writes))
	}
}

func TestAMachineThatLeavesServersBehindTakesThemBack(t *testing.T) {
	a := own("a", 1)
	seen := storeOf(of(a))
	a.Instances = slices.DeleteFunc(a.Instances, func(i cluster.Instance) bool { return i.Name == "server2" })
	next, writes := Merge(of(a), a, seen, "w1")
	if got := keys(writes); got != "-svc.packager.a.server2" || len(next.Instances("packager")) != 1 {
		t.Errorf("got %s, %v", got, next.Instances("packager"))
	}
}

func TestOfTwoMachinesAtOnePlaceTheLaterGoesToTheEnd(t *testing.T) {
	b, c := own("b", 2), own("c", 2)
	c.Member.Joined = c.Member.Joined.Add(time.Second)
	seen := storeOf(of(own("a", 1)))
	for _, o := range []Own{b, c} {
		for key, value := range o.entries(Table{}) {
			seen[key] = cluster.Entry{Key: key, Value: value, Rev: 7}
		}
	}
	if next, writes := Merge(of(own("a", 1)), b, seen, "w1"); len(writes) > 0 {
		t.Errorf("b: got %s, %v", keys(writes), next.Members())
	}
	next, writes := Merge(of(own("a", 1)), c, seen, "w1")
	if m, _ := next.Member("c"); m.Order != 3 || keys(writes) != "machine.c" {
		t.Errorf("c: got place %d, %s", m.Order, keys(writes))
	}
}

func TestAPlaceStaysWhenTheAddressChanges(t *testing.T) {
	a := own("a", 1)
	seen := storeOf(of(a, own("b", 2)))
	a.Member.Address, a.Member.Order = "10.0.0.9", 5
	next, writes := Merge(of(a), a, seen, "w1")
	if m, _ := next.Member("a"); m.Order != 1 || m.Address != "10.0.0.9" || !strings.Contains(keys(writes), "machine.a") {
		t.Errorf("got %+v, %s", m, keys(writes))
	}
}

func TestAPendingChangeWaitsForTheStore(t *testing.T) {
	a := own("a", 1)
	key := cluster.KeyStop + "a.server1"
	table := of(a).With(key, cluster.Intent{By: "x", At: time.Unix(10, 0)})
	if got := table.Stopped("a"); !slices.Equal(got, []string{"server1"}) {
		t.Fatalf("got %v", got)
	}
	next, writes := Merge(table, a, storeOf(of(a)), "w1")
	if keys(writes) != key || len(next.Pending) != 1 || len(next.Stopped("a")) != 1 {
		t.Errorf("got %s, pending %v, stopped %v", keys(writes), next.Pending, next.Stopped("a"))
	}
	there := storeOf(next)
	next, writes = Merge(next, a, there, "w1")
	if len(writes) > 0 || len(next.Pending) > 0 || len(next.Stopped("a")) != 1 {
		t.Errorf("once it is there: got %s, pending %v", keys(writes), next.Pending)
	}
	next, writes = Merge(next.With(key, nil), a, there, "w1")
	if keys(writes) != "-"+key || len(next.Stopped("a")) > 0 {
		t.Errorf("taken back: got %s, stopped %v", keys(writes), next.Stopped("a"))
	}
	if next, writes = Merge(next, a, storeOf(of(a)), "w1"); len(writes) > 0 || len(next.Pending) > 0 {
		t.Errorf("once it is gone: got %s, pending %v", keys(writes), next.Pending)
	}
}

func TestATableComesBackFromItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.json")
	if got, err := Load(path); err != nil || len(got.Entries) > 0 {
		t.Errorf("no file: got %v, %v", got, err)
	}
	want := of(own("a", 1), own("b", 2)).With(cluster.KeyStop+"a.proxy", nil).With(cluster.KeyDrain+"b", cluster.Intent{By: "<x>"})
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil || !got.Equal(want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil {
		t.Error("damaged: got no error")
	}
}

func TestARecordOfALaterVersionIsPassedOver(t *testing.T) {
	table := of(own("a", 1))
	table.Entries["machine.z"] = json.RawMessage(`"a word"`)
	if len(table.Members()) != 1 {
		t.Errorf("got %v", table.Members())
	}
}

func TestAMachineThatHasNotStartedYetIsTakenToBeAsThisOne(t *testing.T) {
	table := of(own("a", 1)).Knowing(member("b", 2))
	guessed := table.Guessing(own("a", 1))
	if got := guessed.ServersOf("b"); got != of(own("b", 2)).ServersOf("b") {
		t.Errorf("got %s", got)
	}
	if table.ServersOf("b") != "" {
		t.Error("the table itself has the guess, which is not to be written")
	}
	if !guessed.Guessing(own("a", 1)).Equal(guessed) {
		t.Error("what is known was guessed again")
	}
}
