// The bare player, for a frame in another page.
import { control } from './controls.js';
import { Player } from './player.js';

const signal = location.pathname.split('/')[2];
const video = document.getElementById('video');
document.title = `${signal} live`;
document.getElementById('title').textContent = document.title;
video.setAttribute('aria-label', `Live picture of ${signal}`);
const player = new Player(video, signal);
control(player, video, signal);
player.start();
