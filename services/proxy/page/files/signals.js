// Signals is the list of signals, with a picture of each.
import { show } from './words.js';

export class Signals {
  #list;
  #none;
  #posters;
  #cards = new Map(); // by signal: {item, canvas}

  constructor(list, none, posters) {
    this.#list = list;
    this.#none = none;
    this.#posters = posters;
  }

  draw(signals, current) {
    this.#none.hidden = signals.length > 0;
    for (const [name, card] of this.#cards) {
      if (!signals.some(s => s.signal === name)) {
        this.#posters.remove(card.canvas);
        card.item.remove();
        this.#cards.delete(name);
      }
    }
    let before = null;
    for (const s of signals) {
      let card = this.#cards.get(s.signal);
      if (!card) {
        card = make(s);
        this.#cards.set(s.signal, card);
        this.#list.insertBefore(card.item, before ? before.nextSibling : this.#list.firstChild);
        this.#posters.add(card.canvas, s.signal);
      }
      before = card.item;
      card.link.toggleAttribute('data-current', s.signal === current);
      if (s.signal === current) card.link.setAttribute('aria-current', 'true');
      else card.link.removeAttribute('aria-current');
      card.item.dataset.air = s.on_air ? 'on' : 'off';
      show(card.state, s.on_air ? '● on air' : '○ off air');
    }
  }
}

function make(s) {
  const part = (name, text) => {
    const n = document.createElement('span');
    n.className = name;
    n.textContent = text;
    return n;
  };
  const item = document.createElement('li'), link = document.createElement('a'), canvas = document.createElement('canvas');
  link.href = `/watch/${s.signal}`;
  canvas.width = 320;
  canvas.height = 180;
  canvas.setAttribute('aria-hidden', 'true');
  const state = part('air', ''), picture = part('picture', '');
  picture.append(canvas, part('why', ''));
  link.append(picture, part('name', s.signal), ' ', state);
  item.append(link);
  return { item, link, canvas, state };
}
