package proxy

import gauges "runtime/metrics"

const (
	// roomBesideMedia is what the process may take beside PROXY_CACHE_BYTES and
	// connections, in bytes.
	roomBesideMedia = 64 << 20
	// perStack is how much a connection takes for each byte of its stack, including
	// buffers and its garbage until the next collection.
	perStack = 4
	stacks   = "/memory/classes/heap/stacks:bytes"
)

// MemoryLimit is PROXY_CACHE_BYTES and room for everything else: without a limit, evicted
// media would stay until as much again had come. Connections raise it, because otherwise
// their garbage would keep the collector running while the media are full.
func (s *Service) MemoryLimit() int64 {
	sample := []gauges.Sample{{Name: stacks}}
	gauges.Read(sample)
	used := int64(0)
	if sample[0].Value.Kind() == gauges.KindUint64 {
		used = int64(sample[0].Value.Uint64())
	}
	return memoryLimit(s.config.CacheBytes, used)
}

func memoryLimit(media, stacks int64) int64 {
	return media + max(media/20, roomBesideMedia) + perStack*stacks
}
