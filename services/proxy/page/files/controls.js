// What the page and the bare player share: buttons, keys, and the state in words.
import { show } from './words.js';

const words = {
  loading: 'Loading…',
  playing: '',
  paused: 'Paused',
  stalled: 'The picture stands still: waiting for media',
  unsupported: 'This browser cannot play HLS, and this server was built without hls.js',
};

export function control(player, video, signal) {
  const $ = id => document.getElementById(id);
  const stage = $('stage'), play = $('play'), sound = $('sound'), first = $('sound-first');
  let asked = false; // somebody has decided about sound

  const draw = () => {
    stage.dataset.state = player.state;
    show($('state'), player.state === 'absent' ? `${signal} is not on air. Trying again…` : words[player.state]);
    show(play, video.paused ? 'Play' : 'Pause');
    show(sound, video.muted ? 'Sound on' : 'Sound off');
    sound.setAttribute('aria-pressed', String(!video.muted));
    first.hidden = asked || !video.muted || player.state === 'unsupported';
  };
  const toggle = {
    play: () => (video.paused ? player.play() : player.pause()),
    sound: () => {
      asked = true;
      video.muted = !video.muted;
      if (!video.muted && video.paused) player.play();
      draw();
    },
    edge: () => player.edge(),
    full: () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else if (stage.requestFullscreen) stage.requestFullscreen().catch(() => {});
      else video.webkitEnterFullscreen?.(); // iPhones
    },
  };
  for (const id of Object.keys(toggle)) $(id).addEventListener('click', toggle[id]);
  first.addEventListener('click', () => {
    toggle.sound();
    sound.focus();
  });
  video.addEventListener('dblclick', toggle.full);
  const keys = { k: 'play', m: 'sound', l: 'edge', f: 'full' };
  document.addEventListener('keydown', e => {
    const name = keys[e.key.toLowerCase()];
    if (!name || e.ctrlKey || e.metaKey || e.altKey || e.target.matches?.('input, textarea, select')) return;
    e.preventDefault();
    toggle[name]();
  });
  player.addEventListener('state', draw);
  for (const name of ['play', 'pause', 'volumechange']) video.addEventListener(name, draw);
  draw();
}
