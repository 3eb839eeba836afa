import { takeDeskId } from './desk-id.ts';
import { askHeard } from './dialogs.ts';
import { button, byId } from './dom.ts';
import { postJson } from './http.ts';
import type { Sound, SoundState } from './sound.ts';
import { forThisTab } from './storage.ts';
import { toast } from './toast.ts';

/** Milliseconds that one mute lasts. */
export const muteMs = 60_000;
/** Milliseconds between two reports of this desk to Tocsin. */
const reportMs = 20_000;
/** Milliseconds between two tries to go on after something else stopped the sound. */
const resumeMs = 3_000;
const armedKey = 'tocsin.armed';

/** The strip's sound button, and what Tocsin is told of this desk. */
export interface SoundControl {
  /** Redraws; cheap. */
  tick(): void;
  toggleMute(): void;
  /** Whether somebody armed this desk, heard or not. */
  readonly wasArmed: boolean;
}

/** @param onArmed told after the gesture by which somebody armed this desk */
export function createSoundControl(sound: Sound, onArmed: () => void): SoundControl {
  const place = byId('sound');
  const deskId = takeDeskId();
  let shown: string | undefined;
  let reported: SoundState | undefined;
  let reportedAt = 0;
  let resumedAt = 0;
  /** A loudspeaker came or went since somebody heard the tone: with a screen that is switched off its sound goes, too. */
  let isChanged = false;

  async function arm() {
    if (!(await sound.tryTone())) {
      toast('The browser keeps this page silent. Allow sound for it, then press again.', 'problem');
      return;
    }
    if (await askHeard()) {
      isChanged = false;
      sound.arm();
      forThisTab.set(armedKey, '1');
      onArmed();
    } else {
      sound.disarm();
      forThisTab.remove(armedKey);
      toast('Check volume and loudspeaker, then press “Arm this desk” again.', 'problem');
    }
    tick();
  }
  function toggleMute() {
    if (sound.state === 'muted') sound.unmute();
    else if (sound.state === 'armed') sound.mute(muteMs);
    else toast('This desk is not armed: it makes no sound at all.', 'problem');
    tick();
  }
  function report() {
    const state = sound.state;
    if (state === reported && performance.now() - reportedAt < reportMs) return;
    reported = state;
    reportedAt = performance.now();
    void deskId.then((desk) => postJson('/api/desks', { desk, sound: state }));
  }
  function tick() {
    if (sound.interrupted() && performance.now() - resumedAt > resumeMs) {
      resumedAt = performance.now();
      void armAgain();
    }
    const state = sound.state;
    document.documentElement.dataset['sound'] = state;
    report();
    const doubt = isChanged && state === 'armed';
    const word = state === 'muted' ? `Muted ${Math.ceil(sound.mutedForMs / 1000)} s` : doubt ? 'changed' : state;
    if (word === shown) return;
    const before = shown;
    shown = word;
    if (state === 'muted' && before?.startsWith('Muted')) {
      const text = place.querySelector('button span');
      if (text !== null) text.textContent = word;
      return;
    }
    place.replaceChildren(control(state, word));
  }
  function control(state: SoundState, word: string) {
    if (state === 'off') return button('Arm this desk', () => void arm(), { class: 'arm' });
    if (word === 'changed') {
      const test = button('Test the sound', () => void arm(), { class: 'arm' });
      test.title =
        'A loudspeaker came or went: press, and say whether you hear the tone. Until then it rings as before.';
      return test;
    }
    const control = button(state === 'armed' ? 'Sound armed' : word, toggleMute, { class: state });
    control.title =
      state === 'armed'
        ? 'Press to mute this desk for 60 s (M). Muting does not acknowledge.'
        : 'Press to hear again (M)';
    return control;
  }
  /** A desk that was armed before this page was loaded, or before the computer slept, speaks again as soon as the browser lets it. */
  async function armAgain() {
    if (forThisTab.get(armedKey) !== '1') return;
    if (await sound.resume()) sound.arm();
    tick();
  }
  for (const gesture of ['pointerdown', 'keydown'])
    addEventListener(gesture, () => {
      if (!sound.running()) void armAgain();
    });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && !sound.running()) void armAgain();
  });
  // Not there where the page is not from this machine or over TLS.
  navigator.mediaDevices?.addEventListener('devicechange', () => {
    isChanged = true;
    tick();
  });
  void armAgain();
  return {
    tick,
    toggleMute,
    get wasArmed() {
      return forThisTab.get(armedKey) === '1';
    },
  };
}
