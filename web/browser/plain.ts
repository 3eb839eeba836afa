import { startDesk } from './desk.ts';
import { listenToKeys } from './keys.ts';

const desk = startDesk();
listenToKeys({ m: desk.toggleMute });
