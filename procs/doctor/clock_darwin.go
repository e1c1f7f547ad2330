package doctor

// clockRemedy is how to have the clock kept.
const clockRemedy = "switch on: System Settings, General, Date & Time, Set time and date automatically"

// clockSynced reports that the state of the clock is not known: macOS tells it to its
// administrator only.
func clockSynced() (synced, known bool) { return false, false }

// clockKeeper is the program that keeps the clock; empty, since macOS does not say.
func clockKeeper() string { return "" }
