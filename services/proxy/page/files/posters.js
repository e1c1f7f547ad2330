// Posters keeps a picture of each signal whose card can be seen. It decodes one card's
// newest segment at a time, so that many signals cost no more than one.
import { admitted } from './access.js';
import { show } from './words.js';

const fresh = 15_000; // ms that a picture is new enough
const patience = 8_000; // ms that one picture may take
const pause = 700; // ms between two pictures

const refused = new Error('the proxy lets nobody see it without a token');

export class Posters {
  #cards = new Map(); // by canvas: {signal, at, seen, refused}
  #watch = new IntersectionObserver(list => {
    for (const e of list) {
      const card = this.#cards.get(e.target);
      if (card) card.seen = e.isIntersecting;
    }
  }, { rootMargin: '300px' }); // they are there when somebody scrolls to them
  #playing; // the video that plays, its signal and state: its picture is there already

  constructor(playing) {
    this.#playing = playing;
    this.#run();
  }

  add(canvas, signal) {
    this.#cards.set(canvas, { signal, at: 0, seen: false, refused: false });
    this.#watch.observe(canvas);
  }

  remove(canvas) {
    this.#cards.delete(canvas);
    this.#watch.unobserve(canvas);
  }

  async #run() {
    for (;;) {
      await new Promise(done => setTimeout(done, pause));
      if (document.hidden) continue;
      const now = performance.now();
      const due = [...this.#cards].filter(([, c]) => c.seen && !c.refused && (!c.at || now - c.at > fresh)).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) continue;
      const [canvas, card] = due, { video, signal, state } = this.#playing();
      card.at = now;
      try {
        if (card.signal !== signal) await poster(canvas, admitted(`/${card.signal}/playlist.m3u8`, card.signal));
        else if (video.readyState >= 2) draw(canvas, video);
        else if (state === 'refused') throw refused;
        else card.at = 0;
      } catch (e) {
        card.refused = e === refused; // it needs a token, which a picture does not get later
        lack(canvas, card.refused ? 'plays with a token' : 'no picture');
      }
    }
  }
}

// lack shows why there is no picture. One that was there stays.
function lack(canvas, why) {
  if (canvas.parentElement.dataset.picture === 'drawn') return;
  canvas.parentElement.dataset.picture = 'none';
  show(canvas.nextElementSibling, why);
}

function draw(canvas, video) {
  canvas.width = 320;
  canvas.height = Math.round(320 * video.videoHeight / video.videoWidth) || 180;
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  canvas.parentElement.dataset.picture = 'drawn';
  show(canvas.nextElementSibling, '');
}

// poster draws the newest picture of a playlist.
async function poster(canvas, playlist) {
  const video = document.createElement('video');
  video.muted = video.playsInline = true;
  let hls = null, timer = 0;
  try {
    await new Promise((done, failed) => {
      timer = setTimeout(() => failed(new Error('no picture in time')), patience);
      video.addEventListener('loadeddata', done);
      video.addEventListener('error', () => failed(video.error));
      if (window.Hls?.isSupported()) {
        hls = new Hls({ maxBufferLength: 1, maxMaxBufferLength: 1, liveSyncDurationCount: 1, enableWorker: false });
        hls.on(Hls.Events.FRAG_BUFFERED, () => hls.stopLoad());
        hls.on(Hls.Events.ERROR, (_, data) => data.fatal && failed(data.response?.code === 403 ? refused : data.error));
        hls.loadSource(playlist);
        hls.attachMedia(video);
      } else {
        video.preload = 'auto';
        video.src = playlist;
      }
    });
    draw(canvas, video);
  } finally {
    clearTimeout(timer);
    hls?.destroy();
    video.removeAttribute('src');
    video.load();
  }
}
