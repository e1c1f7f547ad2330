// Live follows the proxy's server-sent events. It closes the stream while nobody sees the
// page: a browser has few connections to a host.

export class Live extends EventTarget {
  #source = null;
  #last = '';
  #timer = 0;
  // skew is the clock of this machine less that of the proxy, in ms.
  skew = 0;

  start() {
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#close() : this.#open()));
    addEventListener('pagehide', () => this.#close());
    addEventListener('pageshow', () => this.#open());
    this.#open();
  }

  #open() {
    if (this.#source || document.hidden) return;
    clearTimeout(this.#timer);
    const source = this.#source = new EventSource(`/watch/page/events${this.#last ? `?after=${this.#last}` : ''}`);
    source.onopen = () => this.#tell('link', true);
    source.onerror = () => {
      this.#tell('link', false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      this.#source = null;
      this.#timer = setTimeout(() => this.#open(), 3000 + 2000 * Math.random());
    };
    for (const name of ['facts', 'failover', 'serving']) {
      source.addEventListener(name, e => {
        if (e.lastEventId) this.#last = e.lastEventId;
        const data = JSON.parse(e.data);
        if (data.now_ms) this.skew = Date.now() - data.now_ms;
        this.#tell(name, data);
      });
    }
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}
