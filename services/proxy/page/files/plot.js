// Plot draws buffer and latency over the last minutes, with failovers and stalls marked.
import { count, seconds } from './words.js';

const span = 180_000; // ms
const margin = { left: 34, right: 10, top: 18, bottom: 20 };
const svgNS = 'http://www.w3.org/2000/svg';

function node(name, attributes, text) {
  const n = document.createElementNS(svgNS, name);
  for (const [k, v] of Object.entries(attributes)) n.setAttribute(k, v);
  if (text !== undefined) n.textContent = text;
  return n;
}

export class Plot {
  #svg = node('svg', { role: 'img' });
  #box;
  #samples = []; // {at, buffer, latency, stalled}
  #marks = []; // when failovers were

  constructor(box) {
    this.#box = box;
    box.append(this.#svg);
    new ResizeObserver(() => this.draw()).observe(box);
  }

  add(sample) {
    this.#samples.push(sample);
    while (this.#samples[0]?.at < sample.at - span - 2000) this.#samples.shift();
  }

  // mark notes a failover.
  mark(at) {
    this.#marks.push(at);
    if (this.#marks.length > 200) this.#marks.shift();
    this.draw();
  }

  draw(now = Date.now()) {
    const w = Math.max(this.#box.clientWidth, 200), h = 175;
    const from = now - span, top = this.#top();
    const x = t => margin.left + (t - from) / span * (w - margin.left - margin.right);
    const y = s => h - margin.bottom - s / top * (h - margin.top - margin.bottom);
    const parts = [];
    for (let s = 0; s <= top; s += top / 4) {
      parts.push(node('line', { class: 'grid', x1: margin.left, x2: w - margin.right, y1: y(s), y2: y(s) }));
      parts.push(node('text', { class: 'axis', x: margin.left - 5, y: y(s) + 4, 'text-anchor': 'end' }, `${s} s`));
    }
    for (const m of [3, 2, 1, 0]) {
      const text = m ? `−${m} min` : 'now';
      parts.push(node('text', { class: 'axis', x: x(now - m * 60_000), y: h - 4, 'text-anchor': m === 3 ? 'start' : m ? 'middle' : 'end' }, text));
    }
    const seen = this.#samples.filter(s => s.at >= from);
    for (const [a, b] of this.#stalls(seen)) {
      parts.push(node('rect', { class: 'stall', x: x(a), y: margin.top, width: Math.max(x(b) - x(a), 2), height: h - margin.top - margin.bottom }));
    }
    for (const at of this.#marks) {
      if (at < from) continue;
      const px = x(at);
      parts.push(node('line', { class: 'failover', x1: px, x2: px, y1: margin.top - 6, y2: h - margin.bottom }));
      parts.push(node('path', { class: 'failover', d: `M${px - 5} ${margin.top - 14}h10l-5 8z` }));
    }
    for (const name of ['latency', 'buffer']) parts.push(node('path', { class: `line ${name}`, d: this.#path(seen, name, x, y) }));
    this.#svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
    this.#svg.setAttribute('width', w);
    this.#svg.setAttribute('height', h);
    this.#svg.setAttribute('aria-label', this.#words(seen, from));
    this.#svg.replaceChildren(...parts);
  }

  // path is the line of a series; it breaks where a value is not known or nobody looked.
  #path(samples, name, x, y) {
    let d = '', before = 0;
    for (const s of samples) {
      if (!Number.isFinite(s[name])) { before = 0; continue; }
      d += `${before && s.at - before < 5000 ? 'L' : 'M'}${x(s.at).toFixed(1)} ${y(s[name]).toFixed(1)}`;
      before = s.at;
    }
    return d;
  }

  #stalls(samples) {
    const list = [];
    let last = null;
    for (const s of samples) {
      if (!s.stalled) { last = null; continue; }
      if (last) last[1] = s.at; else list.push(last = [s.at, s.at]);
    }
    return list;
  }

  // top is the end of the scale: four steps of a round number of seconds.
  #top() {
    let most = 0;
    for (const s of this.#samples) most = Math.max(most, s.buffer || 0, s.latency || 0);
    return 4 * ([2, 3, 5, 10, 15, 20, 30].find(s => 4 * s >= most) ?? 60 * Math.ceil(most / 240));
  }

  #words(samples, from) {
    const last = samples.at(-1);
    if (!last) return 'Nothing to plot yet';
    const range = name => {
      const values = samples.map(s => s[name]).filter(Number.isFinite);
      return values.length ? `${seconds(last[name])} now, ${seconds(Math.min(...values))} to ${seconds(Math.max(...values))}` : 'unknown';
    };
    const marks = this.#marks.filter(at => at >= from).length;
    return `Buffer: ${range('buffer')}. Latency: ${range('latency')}. ${count(marks, 'failover')}, ${count(this.#stalls(samples).length, 'stall')}.`;
  }
}
