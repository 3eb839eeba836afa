import type { HealthRow } from '#web/health-report.ts';

type DeskSound = 'armed' | 'muted' | 'off';

/** Which browsers look at the board, and which of them can be heard. Lives in this process alone: a desk says every 20 s that it is there. */
export interface DeskRegistry {
  report(desk: string, sound: DeskSound): void;
  counts(): { readonly open: number; readonly armed: number; readonly muted: number };
  row(): HealthRow;
}

/** Milliseconds after which a desk that said nothing is forgotten. */
const deskLifeMs = 60_000;
/** Desks that are remembered at most: more are surely not people. */
const maxDesks = 1000;

export function createDeskRegistry(now: () => number): DeskRegistry {
  const desks = new Map<string, { readonly sound: DeskSound; readonly at: number }>();

  function counts() {
    for (const [desk, { at }] of desks) if (now() - at > deskLifeMs) desks.delete(desk);
    const sounds = [...desks.values()].map((desk) => desk.sound);
    return {
      open: sounds.length,
      armed: sounds.filter((sound) => sound === 'armed').length,
      muted: sounds.filter((sound) => sound === 'muted').length,
    };
  }
  return {
    report(desk, sound) {
      desks.delete(desk);
      desks.set(desk, { sound, at: now() });
      const oldest = desks.keys().next().value;
      if (desks.size > maxDesks && oldest !== undefined) desks.delete(oldest);
    },
    counts,
    row() {
      const { open, armed, muted } = counts();
      const base = { kind: 'channel', name: 'Desks' } as const;
      if (armed > 0)
        return { ...base, state: 'ok', word: `${armed} of ${open} open ${open === 1 ? 'desk' : 'desks'} can be heard` };
      const word =
        open === 0 ? 'No desk is open' : muted > 0 ? 'Every desk is muted or silent' : 'No open desk can be heard';
      return { ...base, state: 'warning', word, next: 'Open the board and press “Arm this desk”.' };
    },
  };
}
