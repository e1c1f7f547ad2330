// The page: a player of one signal, what is known of it, and the other signals.
import { control } from './controls.js';
import { Failovers } from './failovers.js';
import { Live } from './live.js';
import { Player } from './player.js';
import { Plot } from './plot.js';
import { Posters } from './posters.js';
import { Signals } from './signals.js';
import { bitrate, count, place, seconds, show } from './words.js';

const $ = id => document.getElementById(id);
const video = $('video');
const live = new Live();
const plot = new Plot($('plot'));
const failovers = new Failovers($('events'), $('no-events'));
const posters = new Posters(() => ({ video, signal: player && signal, state: player?.state }));
const signals = new Signals($('signals'), $('no-signals'), posters);

let signal = location.pathname.match(/^\/watch\/([\w-]+)$/)?.[1] ?? '';
let player = null;
let drawState = () => {};
let known = new Map(); // the facts of signals, by name
let linked = false;
let heard = false; // facts have come
let lost = 0; // timer: what was last heard is no longer true

function begin(name) {
  signal = name;
  document.title = `${name} live`;
  show($('title'), name);
  video.setAttribute('aria-label', `Live picture of ${name}`);
  player = new Player(video, name);
  drawState = control(player, video, name, () => known.get(signal)?.on_air === false);
  player.addEventListener('state', light);
  player.start();
  if (player.by !== 'hls.js') {
    show($('notice'), player.by
      ? 'This server was built without hls.js, so the browser plays by itself: bitrate, codecs and the media sequence of the picture are not known here. Building with make where npm is adds it.'
      : 'This browser cannot play HLS by itself, and this server was built without hls.js. Building with make where npm is adds it; VLC plays the signal too.');
    $('notice').hidden = false;
  }
  light();
}

// light shows in a word whether the signal is on air for this player.
function light() {
  const fact = known.get(signal);
  let [name, glyph, word] = ['unknown', '○', 'Connecting'];
  if (!signal && heard) [name, glyph, word] = ['off', '✕', 'Off air'];
  else if (player?.state === 'refused') [name, glyph, word] = ['off', '✕', 'No access'];
  else if (player?.state === 'absent' || fact && !fact.on_air) [name, glyph, word] = ['off', '✕', 'Off air'];
  else if (player?.state === 'stalled') [name, glyph, word] = ['off', '✕', 'Stalled'];
  else if (player?.state === 'playing' || player?.state === 'paused') [name, glyph, word] = ['on', '●', 'On air'];
  $('light').dataset.light = name;
  show($('light').firstElementChild, glyph);
  show($('light').lastElementChild, word);
  drawState();
}

function measure() {
  if (!player) return;
  const at = Date.now(), fact = known.get(signal), on = player.startMs > 0;
  const { buffer, latency } = player;
  if (on) plot.add({ at, buffer, latency, stalled: player.state === 'stalled' });
  if (document.hidden) return;
  plot.draw(at);
  show($('buffer'), on ? seconds(buffer) : '–');
  show($('latency'), on ? seconds(latency) : '–');
  show($('bitrate'), bitrate(player.bitrate));
  show($('rendition'), player.rendition || '–');
  show($('started'), on ? `${(player.startMs / 1000).toFixed(2)} s` : '–');
  show($('stalls'), !on ? '–' : player.stalls ? `${player.stalls}, ${seconds(player.stalledMs / 1000)}` : 'none');
  const newest = fact?.msn >= 0 ? fact.msn : -1;
  show($('msn'), player.msn >= 0 ? `${player.msn}${newest >= 0 ? `, newest ${newest}` : ''}` : newest >= 0 ? String(newest) : '–');
}

// audience shows how many players report that they play the signal.
function audience({ audience: a }) {
  show($('audience'), a?.sessions ? `${count(a.sessions, 'player')}, ${count(a.stalls, 'stall')}` : 'none reports');
}

function packagers(fact) {
  show($('packager'), fact.on_air && fact.packager ? place(fact.packager) : 'none');
  const glyphs = { up: '✓', suspect: '?', unknown: '?' };
  const rows = fact.packagers.map(p => `${glyphs[p.state] ?? '✕'} ${place(p.url)}: ${p.state}${fact.on_air && p.url === fact.packager ? ', serves' : ''}`);
  const list = $('packagers');
  if (rows.join() === [...list.children].map(n => n.textContent).join()) return;
  list.replaceChildren(...fact.packagers.map((p, i) => {
    const item = document.createElement('li');
    item.dataset.state = p.state;
    item.textContent = rows[i];
    return item;
  }));
}

live.addEventListener('facts', ({ detail }) => {
  for (const s of detail.signals) {
    const before = known.get(s.signal);
    if (before?.packager && s.packager && before.packager !== s.packager) {
      failovers.moved(s.signal, before.packager, s.packager, detail.now_ms + live.skew);
    }
  }
  heard = true;
  known = new Map(detail.signals.map(s => [s.signal, s]));
  if (!signal) {
    const first = detail.signals.find(s => s.on_air);
    if (first) begin(first.signal);
    else show($('state'), 'No signal is on air. Waiting for one…');
  }
  signals.draw(detail.signals, signal);
  const fact = known.get(signal);
  if (fact) {
    packagers(fact);
    audience(fact);
  }
  light();
});
live.addEventListener('failover', ({ detail }) => failovers.happened(`${detail.time} ${detail.id}`, detail, Date.parse(detail.time) + live.skew));
live.addEventListener('serving', ({ detail }) => failovers.served(`${detail.time} ${detail.id}`, detail, Date.parse(detail.time) + live.skew));
live.addEventListener('link', ({ detail }) => {
  linked = detail;
  document.body.dataset.link = String(linked);
  clearTimeout(lost);
  if (!linked) lost = setTimeout(() => show($('packager'), 'not known: the proxy does not answer'), 3000);
});
failovers.addEventListener('failover', ({ detail }) => {
  if (detail.signal === signal) plot.mark(detail.at);
});

if (signal) begin(signal);
live.start();
plot.draw();
setInterval(measure, 500);
