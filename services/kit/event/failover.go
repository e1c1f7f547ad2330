package event

// Failover reports that players are served from another packager than before.
type Failover struct {
	Signal string `json:"signal"`
	// From and To are base URLs of packagers; either is empty when there is no packager.
	From string `json:"from"`
	To   string `json:"to"`
	// Cause is why, in words for an operator: "server1 refused the connection".
	Cause string `json:"cause"`
	// MSNBefore and MSNAfter are the newest media sequence numbers served
	// before and after, -1 when unknown.
	MSNBefore int64 `json:"msn_before"`
	MSNAfter  int64 `json:"msn_after"`
	// GapMS is the longest time that a player's request waited for its next byte, among
	// the requests that were in flight at the fault or begun before the switch was
	// complete; -1 when none was waiting.
	GapMS float64 `json:"gap_ms"`
	// Pending is set while a player still waits: the gap is not known yet. Another event of
	// the same failover follows, with the gap.
	Pending bool `json:"pending,omitempty"`
	// Saved is how many requests were answered by another packager than the
	// one they were first sent to.
	Saved int `json:"saved"`
}

// Kind returns KindFailover.
func (Failover) Kind() Kind { return KindFailover }

func (Failover) isEvent() {}
