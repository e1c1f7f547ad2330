package failover

// Move is a change from one packager to another, by their base URLs. From is empty for
// the first choice. Cause is in words.
type Move struct{ From, To, Cause string }
