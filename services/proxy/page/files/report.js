// Report tells the proxy what a player feels: events of CMCD (CTA-5004-A). hls.js reports
// with its requests, and the browser itself does not report at all.
import { admitted } from './access.js';

const every = 10_000; // ms; the proxy forgets a player after 30 s
const states = { loading: 's', playing: 'p', paused: 'a', stalled: 'r' };

// newSession is the id of a session. crypto.randomUUID is not there without HTTPS.
export function newSession() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('');
}

export function report(player, signal) {
  const path = admitted('/cmcd', signal);
  let refused = false; // the proxy does not count this player
  const send = (kind, state) => {
    if (!state || refused) return;
    const now = { e: kind, ts: Date.now(), v: 2, sid: player.session, cid: signal, sta: state };
    if (player.startMs) {
      Object.assign(now, { msd: Math.round(player.startMs), bl: Math.round(1000 * player.buffer) });
      if (player.latency >= 0) now.ltc = Math.round(1000 * player.latency);
    }
    fetch(path, { method: 'POST', body: JSON.stringify(now), keepalive: true }).then(r => { refused = r.status === 403; }, () => {});
  };
  addEventListener('pagehide', () => player.startMs && send('ps', 'q'));
  if (player.by !== 'browser') return;
  player.addEventListener('state', () => send('ps', states[player.state]));
  setInterval(() => send('t', states[player.state]), every);
}
