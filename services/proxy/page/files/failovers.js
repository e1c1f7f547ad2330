// Failovers is the list of what happened. A failover is there as soon as the proxy has
// moved; what it cost players follows with the proxy's event. Signals that move together
// share a row.
import { clock, gap, place } from './words.js';

const most = 50; // rows
const together = 3_000; // ms within which signals that move the same way share a row
const late = 20_000; // ms within which the event of a move comes

export class Failovers extends EventTarget {
  #list;
  #none;
  #moves = []; // {from, to, at, row, events: by signal, null before its event has come}
  #known = new Set(); // ids of events
  #degraded = new Set(); // playlists

  constructor(list, none) {
    super();
    this.#list = list;
    this.#none = none;
  }

  // moved notes that players of a signal are served from another packager.
  moved(signal, from, to, at) {
    if (!this.#open(signal, from, to, at)) this.#join(signal, from, to, at, null);
  }

  // happened notes a failover of the proxy's events.
  happened(id, e, at) {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    const move = this.#open(e.signal, e.from, e.to, at);
    if (!move) return this.#join(e.signal, e.from, e.to, at, e);
    move.events.set(e.signal, e);
    this.#draw(move);
  }

  // served notes how a playlist is served, where that is degraded or was.
  served(id, e, at) {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    if (!e.degraded && !this.#degraded.delete(e.playlist)) return;
    if (e.degraded) this.#degraded.add(e.playlist);
    const row = this.#row(at, e.degraded ? 'Degraded' : 'Restored');
    row.querySelector('.what').textContent = `${e.playlist} is ${e.mode}`;
    row.querySelector('.detail').textContent = e.degraded ? `${e.reason}; a failover shows` : e.reason || 'no failover shows again';
  }

  // open is the move of a signal whose event has not come.
  #open(signal, from, to, at) {
    return this.#moves.find(m => m.from === from && m.to === to && Math.abs(at - m.at) < late && m.events.get(signal) === null);
  }

  // join adds a signal to those that move the same way, or begins a row.
  #join(signal, from, to, at, e) {
    let move = this.#moves.findLast(m => m.from === from && m.to === to && Math.abs(at - m.at) < together);
    if (!move || move.events.has(signal)) {
      move = { from, to, at, events: new Map(), row: this.#row(at, 'Failover') };
      this.#moves.push(move);
      if (this.#moves.length > most) this.#moves.shift();
    }
    move.events.set(signal, e);
    this.#draw(move);
    this.dispatchEvent(new CustomEvent('failover', { detail: { signal, at } }));
  }

  #draw({ from, to, events, row }) {
    const come = [...events.values()].filter(Boolean);
    const worst = come.reduce((a, b) => (a && a.gap_ms >= b.gap_ms ? a : b), null);
    row.querySelector('.what').textContent = `${[...events.keys()].sort().join(', ')}: ${place(from)} → ${place(to)}`;
    row.querySelector('.detail').textContent = worst ? `${worst.cause}; ${gap(worst)}` : 'players are being moved';
  }

  #row(at, kind) {
    const row = document.createElement('li');
    row.className = kind.toLowerCase();
    const time = document.createElement('time');
    time.dateTime = new Date(at).toISOString();
    time.textContent = clock(at);
    const parts = [time];
    for (const [name, text] of [['kind', kind], ['what', ''], ['detail', '']]) {
      const part = document.createElement('span');
      part.className = name;
      part.textContent = text;
      parts.push(' ', part);
    }
    row.append(...parts);
    const after = [...this.#list.children].find(r => r.firstChild.dateTime <= time.dateTime);
    this.#list.insertBefore(row, after ?? null);
    while (this.#list.children.length > most) this.#list.lastChild.remove();
    this.#none.hidden = true;
    return row;
  }
}
