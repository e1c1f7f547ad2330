package report

// IsSignal reports whether name is a signal's name: a letter or digit, then up to 63
// letters, digits, _ and -. Such a name is safe as a folder, in a URL, in a metric and
// on a screen.
func IsSignal(name string) bool {
	if len(name) == 0 || len(name) > 64 {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && (c == '_' || c == '-'):
		default:
			return false
		}
	}
	return true
}
