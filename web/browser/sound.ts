/** What there is to be heard. */
export type Alarm = 'none' | 'real' | 'test' | 'blind';
export type SoundState = 'off' | 'armed' | 'muted';

/** The desk's voice, made with Web Audio. */
export interface Sound {
  /** Starts the audio (only after a gesture) and plays the tone once. False when the browser keeps it silent. */
  tryTone(): Promise<boolean>;
  /** The person heard it. */
  arm(): void;
  disarm(): void;
  /** Silence for this desk; does not acknowledge anything. */
  mute(ms: number): void;
  unmute(): void;
  readonly state: SoundState;
  readonly mutedForMs: number;
  /** What should sound now; `loud` after a minute without anybody. Cheap: call it often. */
  want(alarm: Alarm, loud: boolean): void;
  /** One soft tone for a test call. */
  testTone(): void;
  /** Whether the audio still runs: it may stop when a computer sleeps. */
  running(): boolean;
  /** It ran, and was stopped by something else: a computer that slept, a telephone call on the same device. No gesture is needed to go on. */
  interrupted(): boolean;
  resume(): Promise<boolean>;
}

const everyMs: Readonly<Record<Alarm, number>> = { none: 0, test: 0, real: 4000, blind: 30_000 };

export function createSound(): Sound {
  let context: AudioContext | undefined;
  let armed = false;
  let mutedUntil = 0;
  let playing: Alarm = 'none';
  let nextAt = 0;
  let bursts = 0;

  function tone(frequency: number, at: number, seconds: number, volume: number, type: OscillatorType = 'triangle') {
    if (context === undefined) return;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = type;
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(volume, at + 0.015);
    gain.gain.setValueAtTime(volume, at + seconds - 0.03);
    gain.gain.linearRampToValueAtTime(0, at + seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds);
  }
  function play(alarm: Alarm, loud: boolean) {
    if (context === undefined) return;
    const start = context.currentTime + 0.02;
    bursts += 1;
    document.documentElement.dataset['bursts'] = String(bursts);
    if (alarm === 'test') tone(523, start, 0.5, 0.15, 'sine');
    if (alarm === 'blind') {
      tone(196, start, 0.5, 0.45);
      tone(147, start + 0.55, 0.7, 0.45);
    }
    if (alarm !== 'real') return;
    for (let burst = 0; burst < 3; burst += 1) {
      tone(932, start + burst * 0.6, 0.24, loud ? 0.9 : 0.45, loud ? 'square' : 'triangle');
      tone(698, start + burst * 0.6 + 0.25, 0.24, loud ? 0.9 : 0.45, loud ? 'square' : 'triangle');
    }
  }
  let hasRun = false;
  const running = () => {
    const runs = context?.state === 'running';
    hasRun ||= runs;
    return runs;
  };
  const muted = () => performance.now() < mutedUntil;

  async function resume() {
    try {
      context ??= new AudioContext();
      // Without a gesture the promise stays open for ever: that is an answer too.
      await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 600))]);
    } catch {
      // A machine without any sound device: the desk says that it is not armed.
    }
    return running();
  }
  return {
    async tryTone() {
      const heard = await resume();
      if (heard) play('real', false);
      return heard;
    },
    arm() {
      armed = true;
      nextAt = performance.now() + 2500;
    },
    disarm() {
      armed = false;
    },
    mute(ms) {
      mutedUntil = performance.now() + ms;
    },
    unmute() {
      mutedUntil = 0;
    },
    get state() {
      if (!armed || !running()) return 'off';
      return muted() ? 'muted' : 'armed';
    },
    get mutedForMs() {
      return Math.max(0, mutedUntil - performance.now());
    },
    want(alarm, loud) {
      if (alarm !== playing) nextAt = alarm === 'none' ? 0 : Math.min(nextAt, performance.now());
      playing = alarm;
      document.documentElement.dataset['alarm'] = alarm;
      if (alarm === 'none' || everyMs[alarm] === 0 || !armed || muted() || !running()) return;
      if (performance.now() < nextAt) return;
      nextAt = performance.now() + everyMs[alarm];
      play(alarm, loud);
    },
    testTone() {
      if (armed && !muted() && running()) play('test', false);
    },
    running,
    interrupted: () => !running() && hasRun,
    resume,
  };
}
