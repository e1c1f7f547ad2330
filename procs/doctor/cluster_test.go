package doctor

import (
	"net"
	"strings"
	"testing"
)

func TestAMachineOfAClusterIsExamined(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close() // nothing listens there now
	list := inCluster(t.Context(), Cluster{Machine: "a", Address: "192.0.2.77", Peers: []Peer{
		{"b", []Place{{"engine", l.Addr().String()}}},
		{"c", []Place{{"engine", l.Addr().String()}, {"server1", gone.Addr().String()}}},
	}})
	if len(list) != 4 {
		t.Fatalf("got %+v, want the clock, the address and two machines", list)
	}
	if f := list[0]; f.Name != "clock" || !f.Optional || f.Detail == "" || f.OK != (f.Remedy == "") {
		t.Errorf("the clock: got %+v", f)
	}
	if f := list[1]; f.OK || f.Optional || !strings.Contains(f.Remedy, "CLUSTER_ADDRESS") {
		t.Errorf("an address of another machine: got %+v, want it missing", f)
	}
	if f := list[2]; !f.OK || !strings.Contains(f.Detail, "engine at "+l.Addr().String()+" (") || f.Remedy != "" {
		t.Errorf("a machine that answers: got %+v", f)
	}
	if f := list[3]; f.OK || !f.Optional || !strings.Contains(f.Detail, "refused: server1 at "+gone.Addr().String()) || !strings.Contains(f.Remedy, "livestream-tui remove c") {
		t.Errorf("a machine with a closed port: got %+v", f)
	}
	edge := inCluster(t.Context(), Cluster{Machine: "pop", Address: "192.0.2.77", Edge: true})
	if len(edge) != 1 {
		t.Errorf("an edge: got %+v, want its clock alone", edge)
	}
}
