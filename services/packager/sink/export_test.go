package sink

// Forget drops a signal at once.
func (k *Sink) Forget(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(k.signals[name])
}
