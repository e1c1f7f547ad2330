package kubernetes

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services"
)

// hints is the line that adds hints to the overlay.
const hints = "\ncomponents: [../hints]\n"

func TestEachManifestIsWhatKubernetesReads(t *testing.T) {
	for file, texts := range documents(t) {
		for n, text := range texts {
			if _, err := decode(text); err != nil {
				t.Errorf("%s, document %d: %v", file, n+1, err)
			}
		}
	}
	build(t, "")
	build(t, hints)
}

// TestAFieldThatIsNotThereIsRefused holds that the test above can fail.
func TestAFieldThatIsNotThereIsRefused(t *testing.T) {
	const text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1}], %s: true}\n"
	if _, err := decode([]byte(fmt.Sprintf(text, "publishNotReadyAddresses"))); err != nil {
		t.Error(err)
	}
	if _, err := decode([]byte(fmt.Sprintf(text, "publishNotReadyAddress"))); err == nil {
		t.Error("got no error")
	}
}

func TestSelectorsFindTheirPods(t *testing.T) {
	m := build(t, "")
	check := func(what string, selector *metav1.LabelSelector, want ...string) {
		t.Helper()
		if got := m.selected(t, selector); !slices.Equal(got, want) {
			t.Errorf("%s: got the pods of %v, want those of %v", what, got, want)
		}
	}
	check("StatefulSet machine", m.machine.Spec.Selector, "machine")
	check("Deployment edge", m.edge.Spec.Selector, "edge")
	for name, want := range map[string][]string{"machine": {"machine"}, "proxy": {"edge", "machine"}} {
		if s := m.services[name]; s == nil {
			t.Errorf("there is no Service %s", name)
		} else {
			check("Service "+name, &metav1.LabelSelector{MatchLabels: s.Spec.Selector}, want...)
		}
	}
	for _, name := range []string{"machine", "edge"} {
		b, p := m.budgets[name], m.policies[name]
		if b == nil || p == nil {
			t.Errorf("%s: got the budget %v and the policy %v, want both", name, b, p)
			continue
		}
		check("PodDisruptionBudget "+name, b.Spec.Selector, name)
		check("NetworkPolicy "+name, &p.Spec.PodSelector, name)
		if b.Spec.MaxUnavailable == nil || b.Spec.MaxUnavailable.IntValue() != 1 {
			t.Errorf("PodDisruptionBudget %s: got %v, want 1 at most unavailable", name, b.Spec.MaxUnavailable)
		}
	}
	if s := m.services["machine"]; m.machine.Spec.ServiceName != "machine" || s.Spec.ClusterIP != corev1.ClusterIPNone || !s.Spec.PublishNotReadyAddresses {
		t.Errorf("Service machine: got %+v, want it headless, with the addresses of machines that are not ready", s.Spec)
	}
}

// TestMachinesAreOnHostsOfTheirOwn holds what one lost host costs: one machine of three.
func TestMachinesAreOnHostsOfTheirOwn(t *testing.T) {
	m := build(t, "")
	if got := *m.machine.Spec.Replicas; got != 3 {
		t.Errorf("machines: got %d, want 3", got)
	}
	a := m.template["machine"].Affinity.PodAntiAffinity
	if len(a.RequiredDuringSchedulingIgnoredDuringExecution) != 1 || a.RequiredDuringSchedulingIgnoredDuringExecution[0].TopologyKey != corev1.LabelHostname {
		t.Errorf("required: got %+v, want another host", a.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	for _, name := range []string{"machine", "edge"} {
		var zones bool
		a := m.template[name].Affinity.PodAntiAffinity
		terms := slices.Clone(a.RequiredDuringSchedulingIgnoredDuringExecution)
		for _, w := range a.PreferredDuringSchedulingIgnoredDuringExecution {
			terms = append(terms, w.PodAffinityTerm)
			zones = zones || w.PodAffinityTerm.TopologyKey == corev1.LabelTopologyZone
		}
		if !zones {
			t.Errorf("%s: want other zones preferred", name)
		}
		for _, term := range terms {
			if got := m.selected(t, term.LabelSelector); !slices.Equal(got, []string{name}) {
				t.Errorf("%s: keeps away from the pods of %v", name, got)
			}
		}
	}
}

// ports are those of a container by name.
func ports(c corev1.Container) map[string]int32 {
	list := map[string]int32{}
	for _, p := range c.Ports {
		list[p.Name] = p.ContainerPort
	}
	return list
}

// TestPortsAreThoseOfTheLayout holds each name of a port against the container that it means,
// and those against the layout and the engine.
func TestPortsAreThoseOfTheLayout(t *testing.T) {
	m := build(t, "")
	layout, err := layouts.Load("cluster")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int32{"engine": identity.EnginePort, "route": identity.RoutePort}
	for _, p := range layout.Processes {
		if p.PortDefault != 0 {
			want[p.Name] = int32(p.PortDefault)
		}
	}
	machine, edge := ports(m.template["machine"].Containers[0]), ports(m.template["edge"].Containers[0])
	if !maps.Equal(machine, want) {
		t.Errorf("machine: got %v, want %v", machine, want)
	}
	if !maps.Equal(edge, map[string]int32{"proxy": want["proxy"]}) {
		t.Errorf("edge: got %v, want the proxy's", edge)
	}
	named := func(what string, port *intstr.IntOrString, of ...string) {
		t.Helper()
		for _, name := range of {
			if _, ok := ports(m.template[name].Containers[0])[port.StrVal]; port.Type == intstr.String && !ok {
				t.Errorf("%s: %s has no port %s", what, name, port.StrVal)
			}
		}
	}
	for name, s := range m.services {
		for _, p := range s.Spec.Ports {
			named("Service "+name, &p.TargetPort, m.selected(t, &metav1.LabelSelector{MatchLabels: s.Spec.Selector})...)
		}
	}
	// Another machine's processes are called at the ports that they have.
	for _, p := range m.services["machine"].Spec.Ports {
		if p.Port != want[p.Name] {
			t.Errorf("Service machine: %s: got port %d, want %d", p.Name, p.Port, want[p.Name])
		}
	}
	for name, policy := range m.policies {
		for _, rule := range policy.Spec.Ingress {
			for _, p := range rule.Ports {
				named("NetworkPolicy "+name, p.Port, m.selected(t, &policy.Spec.PodSelector)...)
			}
		}
		for _, rule := range policy.Spec.Egress {
			for _, p := range rule.Ports {
				for _, to := range rule.To {
					named("NetworkPolicy "+name, p.Port, m.selected(t, to.PodSelector)...)
				}
			}
		}
	}
}

// TestWhoMayConnect is the table of the firewall: what each kind of pod may reach.
func TestWhoMayConnect(t *testing.T) {
	m := build(t, "")
	for _, name := range []string{"machine", "edge"} {
		if m.policies[name] == nil {
			t.Fatalf("there is no NetworkPolicy %s", name)
		}
	}
	between := []string{"engine", "origin", "reporter", "route", "server1", "server2"}
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"anybody", "machine", []string{"proxy"}},
		{"anybody", "edge", []string{"proxy"}},
		{"machine", "machine", between},
		{"edge", "machine", []string{"engine", "origin", "server1", "server2"}},
	} {
		var in, out []string
		for _, rule := range m.policies[c.to].Spec.Ingress {
			if len(rule.From) == 0 && c.from != "anybody" || len(rule.From) > 0 && (c.from == "anybody" || !slices.Contains(m.selected(t, rule.From[0].PodSelector), c.from)) {
				continue
			}
			for _, p := range rule.Ports {
				in = append(in, p.Port.String())
			}
		}
		if slices.Sort(in); !slices.Equal(in, c.want) {
			t.Errorf("%s lets %s in at %v, want %v", c.to, c.from, in, c.want)
		}
		if c.from == "anybody" {
			continue
		}
		for _, rule := range m.policies[c.from].Spec.Egress {
			if len(rule.To) > 0 && slices.Contains(m.selected(t, rule.To[0].PodSelector), c.to) {
				for _, p := range rule.Ports {
					out = append(out, p.Port.String())
				}
			}
		}
		if slices.Sort(out); !slices.Equal(out, c.want) {
			t.Errorf("%s may go to %s at %v, want %v", c.from, c.to, out, c.want)
		}
	}
}

// TestVolumesAreThere holds mounts against volumes and claims, and the folders of the settings
// against the mounts: nothing else can be written.
func TestVolumesAreThere(t *testing.T) {
	m := build(t, hints)
	claimed := map[string]bool{}
	for _, c := range m.machine.Spec.VolumeClaimTemplates {
		claimed[c.Name] = true
	}
	for _, name := range []string{"machine", "edge"} {
		spec, there := m.template[name], map[string]bool{}
		if name == "machine" {
			maps.Copy(there, claimed)
		}
		for _, v := range spec.Volumes {
			there[v.Name] = true
			if v.PersistentVolumeClaim != nil && m.claims[v.PersistentVolumeClaim.ClaimName] == nil {
				t.Errorf("%s: volume %s: there is no claim %s", name, v.Name, v.PersistentVolumeClaim.ClaimName)
			}
			if v.Secret != nil && m.secrets[v.Secret.SecretName] == nil {
				t.Errorf("%s: volume %s: there is no Secret %s", name, v.Name, v.Secret.SecretName)
			}
		}
		writable := map[string]bool{}
		for _, mount := range spec.Containers[0].VolumeMounts {
			if !there[mount.Name] {
				t.Errorf("%s: %s: there is no volume %s", name, mount.MountPath, mount.Name)
			}
			writable[mount.MountPath] = !mount.ReadOnly
			delete(there, mount.Name)
		}
		for unused := range there {
			t.Errorf("%s: nothing mounts the volume %s", name, unused)
		}
		env := m.environment(t, name)
		for setting, write := range map[string]bool{"STATE_PATH": true, "RUN_PATH": true, "CACHE_PATH": name == "machine", "INPUT_STREAM_PATH": false} {
			got, mounted := writable[env[setting]]
			if setting == "RUN_PATH" {
				got = writable[path.Dir(env[setting])] // the program makes it, for itself alone
			}
			if write && !got || setting == "INPUT_STREAM_PATH" && name == "machine" && (!mounted || got) {
				t.Errorf("%s: %s=%s: got writable %t", name, setting, env[setting], got)
			}
		}
	}
	for name, claim := range m.claims {
		volume := m.volumes[claim.Spec.VolumeName]
		if volume == nil || *claim.Spec.StorageClassName != volume.Spec.StorageClassName || !slices.Equal(claim.Spec.AccessModes, volume.Spec.AccessModes) {
			t.Errorf("claim %s: got the volume %+v, want one that fits %+v", name, volume, claim.Spec)
		}
	}
}

func TestEnvironmentsAreSettings(t *testing.T) {
	m := build(t, hints)
	for _, name := range []string{"machine", "edge"} {
		for setting := range m.environment(t, name) {
			if !slices.Contains(services.SettingNames(), setting) && setting != "NAMESPACE" {
				t.Errorf("%s: %s is no setting", name, setting)
			}
		}
		// A Service named proxy would set PROXY_PORT=tcp://...
		if links := m.template[name].EnableServiceLinks; links == nil || *links {
			t.Errorf("%s: Services set variables that are settings of ours", name)
		}
	}
}

// TestMachinesHaveTheAddressesOfTheToken holds that what the token says of a machine leads to
// its pod, and that edges are told of all machines in its order.
func TestMachinesHaveTheAddressesOfTheToken(t *testing.T) {
	m := build(t, hints)
	tok, err := identity.ParseToken(m.environment(t, "machine")["CLUSTER_TOKEN"])
	if err != nil {
		t.Fatal(err)
	}
	if len(tok.Members) != int(*m.machine.Spec.Replicas) {
		t.Errorf("got %d machines in the token, and %d pods", len(tok.Members), *m.machine.Spec.Replicas)
	}
	var packagers, origins, engines []string
	port := ports(m.template["machine"].Containers[0])
	for n, member := range tok.Members {
		if want := fmt.Sprintf("%s-%d", m.machine.Name, n); member.Name != want || member.Address != want+"."+m.machine.Spec.ServiceName+"."+namespace+".svc.cluster.local" {
			t.Errorf("machine %d: got %s at %s, want the pod %s", n, member.Name, member.Address, want)
		}
		for _, server := range []string{"server1", "server2"} {
			packagers = append(packagers, fmt.Sprintf("http://%s:%d", member.Address, port[server]))
		}
		origins = append(origins, fmt.Sprintf("http://%s:%d", member.Address, port["origin"]))
		engines = append(engines, fmt.Sprintf("nats://%s:%d", member.Address, port["engine"]))
	}
	env := m.environment(t, "edge")
	for setting, want := range map[string][]string{"PACKAGERS": packagers, "ORIGIN_URL": origins, "ENGINE_URL": engines} {
		if got := env[setting]; got != strings.Join(want, ",") {
			t.Errorf("edge: %s: got %s, want %s", setting, got, strings.Join(want, ","))
		}
	}
}

// TestPodsMayDoNoMoreThanTheyMust holds the standard restricted of Kubernetes, and a root file
// system that nobody writes to.
func TestPodsMayDoNoMoreThanTheyMust(t *testing.T) {
	m := build(t, hints)
	user := regexp.MustCompile(`(?m)^USER (\d+):`).FindStringSubmatch(atRoot(t, "Dockerfile"))
	for name, spec := range m.template {
		pod, c := spec.SecurityContext, spec.Containers[0].SecurityContext
		ok := pod != nil && c != nil && *pod.RunAsNonRoot && pod.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault &&
			!*c.AllowPrivilegeEscalation && *c.ReadOnlyRootFilesystem && slices.Equal(c.Capabilities.Drop, []corev1.Capability{"ALL"}) && len(c.Capabilities.Add) == 0 &&
			!spec.HostNetwork && !spec.HostPID && !spec.HostIPC && !*spec.AutomountServiceAccountToken
		if !ok || len(spec.Containers) != 1 {
			b, _ := json.Marshal(spec) // for people
			t.Errorf("%s may do more than it must: %s", name, b)
		}
		if user == nil || fmt.Sprint(*pod.RunAsUser) != user[1] {
			t.Errorf("%s runs as user %d, and the image is made for %v", name, *pod.RunAsUser, user)
		}
	}
}

// TestProbesAskWhatIsRight holds that a stream that is off air restarts nothing, and that
// players are sent to proxies that answer.
func TestProbesAskWhatIsRight(t *testing.T) {
	m := build(t, "")
	for _, name := range []string{"machine", "edge"} {
		c := m.template[name].Containers[0]
		if p := c.ReadinessProbe.HTTPGet; p == nil || p.Path != "/readyz" || p.Port.StrVal != "proxy" {
			t.Errorf("%s: readiness: got %+v, want the proxy's", name, p)
		}
		if p := c.LivenessProbe; p.Exec != nil && slices.Contains(p.Exec.Command, "healthy") || p.HTTPGet != nil && p.HTTPGet.Path == "/readyz" {
			t.Errorf("%s: liveness: got %+v, which a stream that is off air would fail", name, p)
		}
		if c.Resources.Limits.Cpu().Sign() != 0 || c.Resources.Limits.Memory().Sign() == 0 || c.Resources.Requests.Cpu().Sign() == 0 {
			t.Errorf("%s: resources: got %+v, want a limit of memory, none of the CPU, and requests", name, c.Resources)
		}
	}
	if p := m.template["machine"].Containers[0].StartupProbe; !slices.Equal(p.Exec.Command, []string{"livestream-tui", "healthy"}) {
		t.Errorf("machine: startup: got %v", p.Exec.Command)
	}
}
