package machine

// RestartPolicy says what brings an ended process back.
type RestartPolicy uint8

// The restart policies. The zero value is RestartAlways.
const (
	RestartAlways    RestartPolicy = iota
	RestartOnFailure               // only after a status other than 0
	RestartNever
)

var policyNames = []string{"always", "on-failure", "never"}

// String returns the policy as layouts write it.
func (p RestartPolicy) String() string { return nameOf("policy", policyNames, uint8(p)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *RestartPolicy) UnmarshalText(b []byte) error {
	i, err := valueOf("restart policy", policyNames, b)
	if err == nil {
		*p = RestartPolicy(i)
	}
	return err
}
