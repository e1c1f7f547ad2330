// What the page and the bare player share: buttons, keys, and the state in words.
import { refusal } from './access.js';
import { show } from './words.js';

const words = {
  loading: () => 'Loading…',
  playing: () => '',
  paused: () => 'Paused',
  stalled: (signal, off) => (off ? `${signal} is off air. Waiting for it to come back…` : 'The picture stands still: waiting for media'),
  absent: signal => `${signal} is not on air. Trying again…`,
  refused: refusal,
  unsupported: () => 'This browser cannot play HLS, and this server was built without hls.js',
};

// control wires the buttons and keys to a player. isOff tells that the signal is off air,
// where the document knows. It returns what draws the state anew.
export function control(player, video, signal, isOff = () => false) {
  const $ = id => document.getElementById(id);
  const stage = $('stage'), play = $('play'), sound = $('sound'), first = $('sound-first');
  let asked = false; // somebody has decided about sound

  const draw = () => {
    stage.dataset.state = player.state;
    show($('state'), words[player.state](signal, isOff()));
    show(play, video.paused ? 'Play' : 'Pause');
    show(sound, video.muted ? 'Sound on' : 'Sound off');
    sound.setAttribute('aria-pressed', String(!video.muted));
    first.hidden = asked || !video.muted || !['playing', 'paused', 'stalled'].includes(player.state);
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
  return draw;
}
