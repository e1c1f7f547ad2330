package layouts

// Service is one row of the catalogue: a command that a process may run.
type Service struct {
	Name string
	Role Role
	// BindVariable is the variable with the address that it listens on.
	BindVariable string
}

// Where services listen: players reach the proxy, the others are for this platform.
const (
	playersBind = "BIND_ADDRESS"
	controlBind = "CONTROL_BIND_ADDRESS"
)

// Catalogue returns every service that a process may run. A new service has its row here,
// beside its row in services.All.
func Catalogue() []Service {
	return []Service{
		{"receiver", Receiver, controlBind},
		{"worker", Worker, controlBind},
		{"packager", Packager, controlBind},
		{"server1", Packager, controlBind}, // a preset of packager: its name, and SERVER_ONE_PORT
		{"server2", Packager, controlBind}, // the same with SERVER_TWO_PORT
		{"reporter", Reporter, controlBind},
		{"discovery", Discovery, controlBind},
		{"origin", Origin, controlBind},
		{"proxy", Proxy, playersBind},
		{"viewer", Viewer, controlBind},
		{"engine", Engine, controlBind},
	}
}

// Find returns the service of that name, or false if the catalogue has none.
func Find(name string) (Service, bool) {
	for _, s := range Catalogue() {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}

// RoleOf returns the role of the service of that name, or Other if the catalogue does not
// have it.
func RoleOf(service string) Role {
	s, _ := Find(service)
	return s.Role
}

// ServiceNames are the services that a process may run.
func ServiceNames() []string {
	var names []string
	for _, s := range Catalogue() {
		names = append(names, s.Name)
	}
	return names
}
