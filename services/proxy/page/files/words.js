// What is shown of values, in words.

// place is the short name of a packager: the host and port of its base URL.
export function place(url) {
  return url ? url.replace(/^https?:\/\//, '').replace(/\/$/, '') : 'none';
}

export function seconds(s) {
  return Number.isFinite(s) ? `${s.toFixed(1)} s` : '–';
}

export function bitrate(bps) {
  if (!bps) return '–';
  return bps >= 999_500 ? `${(bps / 1e6).toFixed(bps < 9.95e6 ? 2 : 1)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`;
}

export function clock(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
}

export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

// gap is what players saw of a failover.
export function gap(e) {
  if (e.pending) return 'a player still waits';
  return e.gap_ms >= 0 ? `the longest wait of a player was ${Math.round(e.gap_ms)} ms` : 'no player was waiting';
}

// show sets a text where it has changed, so that nothing is drawn or read out anew.
export function show(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}
