package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/cluster"
	"livestream-tui/test/harness"
)

// namespace is that of the overlay example.
const namespace = "livestream"

// manifests are all objects of an overlay as kustomize writes them.
type manifests struct {
	services map[string]*corev1.Service
	machine  *appsv1.StatefulSet
	edge     *appsv1.Deployment
	budgets  map[string]*policyv1.PodDisruptionBudget
	policies map[string]*networkingv1.NetworkPolicy
	settings map[string]map[string]string
	secrets  map[string]map[string][]byte
	claims   map[string]*corev1.PersistentVolumeClaim
	volumes  map[string]*corev1.PersistentVolume
	// labelled are the labels of pods, template what they are, by the name of what makes them.
	labelled map[string]map[string]string
	template map[string]corev1.PodSpec
}

// decode reads one object strictly: a field that its type does not have, and one that is
// there twice, are errors.
func decode(text []byte) (runtime.Object, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{appsv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	reader := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	object, _, err := reader.Decode(text, nil, nil)
	return object, err
}

// token is that of a cluster whose machines are the pods of the StatefulSet.
func token(t *testing.T) string {
	t.Helper()
	var members []cluster.Member
	for n := range 3 {
		name := fmt.Sprintf("machine-%d", n)
		members = append(members, cluster.Member{Name: name, Address: hostOf(name)})
	}
	made, err := identity.NewToken(members)
	if err != nil {
		t.Fatal(err)
	}
	return made.Encode()
}

// hostOf is the name by which a pod of the StatefulSet is found.
func hostOf(pod string) string { return pod + ".machine." + namespace + ".svc.cluster.local" }

// build writes the overlay example as kustomize does, with more lines of kustomization.yaml and
// the files beside it that its operator makes.
func build(t *testing.T, more string) manifests {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "kubernetes")
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(harness.Root(), "packaging", "kubernetes"))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"example/token": token(t), "hints/edge.nk": "seed", "hints/ca.pem": "certificate"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(folder, "example", "kustomization.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	m := manifests{services: map[string]*corev1.Service{}, budgets: map[string]*policyv1.PodDisruptionBudget{}, policies: map[string]*networkingv1.NetworkPolicy{},
		settings: map[string]map[string]string{}, secrets: map[string]map[string][]byte{}, claims: map[string]*corev1.PersistentVolumeClaim{}, volumes: map[string]*corev1.PersistentVolume{},
		labelled: map[string]map[string]string{}, template: map[string]corev1.PodSpec{}}
	for _, r := range list.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		object, err := decode(text)
		if err != nil {
			t.Errorf("%s: %v", r.CurId(), err)
			continue
		}
		m.add(t, object)
	}
	if m.machine == nil || m.edge == nil {
		t.Fatal("got no StatefulSet or no Deployment")
	}
	return m
}

// add keeps an object under its name.
func (m *manifests) add(t *testing.T, object runtime.Object) {
	t.Helper()
	meta, ok := object.(metav1.Object)
	if !ok {
		t.Fatalf("%T has no metadata", object)
	}
	name := meta.GetName()
	_, everywhere := object.(*corev1.PersistentVolume)
	if _, is := object.(*corev1.Namespace); is {
		everywhere = true
	}
	if !everywhere && meta.GetNamespace() != namespace {
		t.Errorf("%T %s is in namespace %q, want %s", object, name, meta.GetNamespace(), namespace)
	}
	switch o := object.(type) {
	case *corev1.Namespace:
	case *corev1.Service:
		m.services[name] = o
	case *appsv1.StatefulSet:
		m.machine = o
		m.labelled[name], m.template[name] = o.Spec.Template.Labels, o.Spec.Template.Spec
	case *appsv1.Deployment:
		m.edge = o
		m.labelled[name], m.template[name] = o.Spec.Template.Labels, o.Spec.Template.Spec
	case *policyv1.PodDisruptionBudget:
		m.budgets[name] = o
	case *networkingv1.NetworkPolicy:
		m.policies[name] = o
	case *corev1.ConfigMap:
		m.settings[name] = o.Data
	case *corev1.Secret:
		m.secrets[name] = o.Data
	case *corev1.PersistentVolumeClaim:
		m.claims[name] = o
	case *corev1.PersistentVolume:
		m.volumes[name] = o
	default:
		t.Errorf("%T %s: this test does not know what to hold of it", object, name)
	}
}

// selected are the names of what makes the pods that a selector finds.
func (m *manifests) selected(t *testing.T, selector *metav1.LabelSelector) []string {
	t.Helper()
	match, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range []string{"edge", "machine"} {
		if match.Matches(labels.Set(m.labelled[name])) {
			found = append(found, name)
		}
	}
	return found
}

// environment is what a container is given, with references to other variables replaced. The
// name of a pod is that of what makes it.
func (m *manifests) environment(t *testing.T, name string) map[string]string {
	t.Helper()
	env := map[string]string{}
	c := m.template[name].Containers[0]
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef == nil {
			continue // a secret that is optional
		}
		data, ok := m.settings[from.ConfigMapRef.Name]
		if !ok {
			t.Errorf("%s: there is no ConfigMap %s", name, from.ConfigMapRef.Name)
		}
		for key, value := range data {
			env[key] = value
		}
	}
	known := map[string]string{}
	for _, v := range c.Env {
		switch {
		case v.ValueFrom == nil:
			known[v.Name] = os.Expand(strings.NewReplacer("$(", "${", ")", "}").Replace(v.Value), func(of string) string {
				if _, ok := known[of]; !ok {
					t.Errorf("%s: %s uses $(%s), which does not come before it", name, v.Name, of)
				}
				return known[of]
			})
		case v.ValueFrom.FieldRef != nil:
			known[v.Name] = map[string]string{"metadata.name": name, "metadata.namespace": namespace}[v.ValueFrom.FieldRef.FieldPath]
			if known[v.Name] == "" {
				t.Errorf("%s: %s is %s, which this test does not know", name, v.Name, v.ValueFrom.FieldRef.FieldPath)
			}
		case v.ValueFrom.SecretKeyRef != nil:
			known[v.Name] = string(m.secrets[v.ValueFrom.SecretKeyRef.Name][v.ValueFrom.SecretKeyRef.Key])
			if known[v.Name] == "" {
				t.Errorf("%s: %s: there is no Secret %s with %s", name, v.Name, v.ValueFrom.SecretKeyRef.Name, v.ValueFrom.SecretKeyRef.Key)
			}
		}
		env[v.Name] = known[v.Name]
	}
	return env
}

// atRoot is the text of a file at the root of the source.
func atRoot(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(harness.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// documents are the files with manifests, each split into its documents.
func documents(t *testing.T) map[string][][]byte {
	t.Helper()
	list := map[string][][]byte{}
	root := filepath.Join(harness.Root(), "packaging", "kubernetes")
	paths, err := filepath.Glob(filepath.Join(root, "*", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("got %v, %v", paths, err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "kustomization.yaml" {
			continue // kustomize itself refuses what it does not know
		}
		list[strings.TrimPrefix(path, root+"/")] = bytes.Split(b, []byte("\n---\n"))
	}
	return list
}
