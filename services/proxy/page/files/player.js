// Player plays a signal in a video element: by hls.js, else by the browser itself.
import { admitted } from './access.js';
import { newSession, report } from './report.js';

// retry is how long after a failure the signal is tried again, in ms; knock is how long after
// it was refused.
const retry = 2000, knock = 15_000;
// again is how hls.js asks again for a playlist or a segment that the proxy does not give:
// for longer than a restart of the proxy takes.
const again = { maxNumRetry: 20, retryDelayMs: 500, maxRetryDelayMs: 2000 };
const policy = { default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: again, errorRetry: again } };
// silence is how long the picture may wait for media before that is a stall, in ms.
const silence = 150;

// reported are the keys that hls.js reports by CMCD: those that the proxy counts.
const reported = ['bl', 'br', 'bs', 'mtp', 'ot', 'sid', 'sta', 'su', 'v'];

// measuring is a loader of hls.js that adds the latency to its reports, which it leaves out.
function measuring(player) {
  return class extends Hls.DefaultConfig.loader {
    load(context, config, callbacks) {
      if (player.latency >= 0) context.url = context.url.replace(/[?&]CMCD=[^&#]*/, `$&%2Cltc%3D${Math.round(1000 * player.latency)}`);
      super.load(context, config, callbacks);
    }
  };
}

const isAudio = codec => /^(mp4a|ac-3|ec-3|opus|flac)/i.test(codec);

export class Player extends EventTarget {
  #video;
  #signal;
  #url;
  #hls = null;
  #timer = 0;
  #began = performance.now();
  #stalledAt = 0;
  #waiting = 0;
  #frags = [];
  #recovered = 0;
  #codecs = '';

  // state is 'loading', 'playing', 'paused', 'stalled', 'absent', 'refused' or 'unsupported'.
  state = 'loading';
  // by is who plays: 'hls.js', 'browser' or ''.
  by = '';
  startMs = 0; // from the making of the player to the first picture; 0 before
  stalls = 0;
  #stalledMs = 0;
  msn = -1; // of the segment that is shown
  session = newSession(); // of its reports

  constructor(video, signal) {
    super();
    this.#video = video;
    this.#signal = signal;
    this.#url = admitted(`/${signal}/playlist.m3u8`, signal);
    for (const name of ['playing', 'waiting', 'pause', 'timeupdate', 'error', 'ended']) video.addEventListener(name, this);
  }

  start() {
    const v = this.#video;
    v.muted = true;
    if (window.Hls?.isSupported()) this.by = 'hls.js';
    else if (v.canPlayType('application/vnd.apple.mpegurl')) this.by = 'browser';
    else return this.#become('unsupported');
    report(this, this.#signal);
    this.#load();
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#waiting);
    this.#hls?.destroy();
    this.#hls = null;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  #load() {
    this.#hls?.destroy();
    this.#hls = null;
    if (this.by === 'browser') {
      this.#video.src = this.#url;
      this.play();
      return;
    }
    const { Events, ErrorTypes } = Hls;
    const cmcd = { version: 2, sessionId: this.session, includeKeys: reported };
    const hls = this.#hls = new Hls({ backBufferLength: 30, playlistLoadPolicy: policy, fragLoadPolicy: policy, cmcd, loader: measuring(this) });
    hls.on(Events.MANIFEST_PARSED, () => this.play());
    hls.on(Events.FRAG_CHANGED, (_, { frag }) => { this.msn = frag.sn; });
    hls.on(Events.FRAG_LOADED, (_, { frag }) => {
      if (frag.sn === 'initSegment' || !frag.duration) return;
      this.#frags.push([frag.stats.total * 8, frag.duration]);
      if (this.#frags.length > 5) this.#frags.shift();
    });
    hls.on(Events.BUFFER_CODECS, (_, tracks) => {
      const codecs = Object.values(tracks).map(t => t?.levelCodec || t?.codec).filter(Boolean).join();
      if (codecs) this.#codecs = [...new Set(codecs.split(','))].sort((a, b) => isAudio(a) - isAudio(b)).join(', ');
    });
    hls.on(Events.ERROR, (_, data) => {
      if (!data.fatal) return;
      if (data.type === ErrorTypes.MEDIA_ERROR && performance.now() - this.#recovered > 5000) {
        this.#recovered = performance.now();
        hls.recoverMediaError();
      } else if (data.type === ErrorTypes.NETWORK_ERROR && this.buffer > 0.5) {
        this.#timer = setTimeout(() => hls === this.#hls && hls.startLoad(), 1000); // the picture goes on meanwhile
      } else {
        this.#again(data.response?.code === 403);
      }
    });
    hls.loadSource(this.#url);
    hls.attachMedia(this.#video);
  }

  // again loads the signal anew after a while.
  #again(refused) {
    this.#hls?.destroy();
    this.#hls = null;
    this.#become(refused ? 'refused' : 'absent');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), refused ? knock : retry);
  }

  // ask loads the signal anew, after it has asked why the browser cannot.
  async #ask() {
    const answer = await fetch(this.#url, { method: 'HEAD' }).catch(() => null);
    if (this.#video.error) this.#again(answer?.status === 403);
  }

  play() {
    this.#video.play().catch(e => {
      if (e.name === 'NotAllowedError') this.#become('paused');
    });
  }

  pause() { this.#video.pause(); }

  // edge goes to where players that start now begin.
  edge() {
    const v = this.#video, at = this.#hls?.liveSyncPosition ?? (v.seekable.length ? v.seekable.end(v.seekable.length - 1) - 4 : NaN);
    if (Number.isFinite(at) && Math.abs(at - v.currentTime) > 1) v.currentTime = at;
    this.play();
  }

  handleEvent(e) {
    switch (e.type) {
      case 'playing':
      case 'timeupdate':
        if (this.#video.paused || this.#video.readyState < 3) return;
        clearTimeout(this.#waiting);
        this.#waiting = 0;
        if (this.#stalledAt) this.#stalledMs += performance.now() - this.#stalledAt;
        this.#stalledAt = 0;
        if (!this.startMs) this.startMs = performance.now() - this.#began;
        this.#become('playing');
        return;
      case 'waiting':
        if (!this.startMs || this.#video.seeking || this.#waiting || this.#stalledAt) return;
        this.#waiting = setTimeout(() => {
          this.#waiting = 0;
          this.stalls++;
          this.#stalledAt = performance.now() - silence;
          this.#become('stalled');
          this.dispatchEvent(new Event('stall'));
        }, silence);
        return;
      case 'pause':
        clearTimeout(this.#waiting);
        this.#waiting = 0;
        if (this.state === 'playing') this.#become('paused');
        return;
      case 'error':
        if (this.by === 'browser' && this.#video.error) this.#ask();
    }
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  get stalledMs() { return this.#stalledMs + (this.#stalledAt ? performance.now() - this.#stalledAt : 0); }

  // buffer is how many seconds of media are ahead of the picture.
  get buffer() {
    const v = this.#video, b = v.buffered;
    for (let i = 0; i < b.length; i++) {
      if (b.start(i) <= v.currentTime + 0.1 && b.end(i) >= v.currentTime) return b.end(i) - v.currentTime;
    }
    return 0;
  }

  // latency is how many seconds the picture is behind the live edge; NaN while unknown.
  get latency() {
    const v = this.#video;
    if (this.#hls) return this.#hls.latency || NaN;
    return v.seekable.length ? v.seekable.end(v.seekable.length - 1) - v.currentTime : NaN;
  }

  // bitrate is that of the last segments, in bits per second; 0 while unknown.
  get bitrate() {
    let bits = 0, duration = 0;
    for (const [b, d] of this.#frags) [bits, duration] = [bits + b, duration + d];
    return duration ? bits / duration : 0;
  }

  get rendition() {
    const v = this.#video, size = v.videoWidth ? `${v.videoWidth}×${v.videoHeight}` : '';
    return [size, this.#codecs].filter(Boolean).join(', ');
  }
}
