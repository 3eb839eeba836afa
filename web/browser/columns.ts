import type { EmergencyView } from '#web/desk-data.ts';
import type { Card } from './cards.ts';
import { createCard } from './cards.ts';
import { byId, setChildren, setText } from './dom.ts';
import { placeLines } from './format.ts';

/** The lists of the board. */
export interface Columns {
  draw(emergencies: readonly EmergencyView[], filter: string, selected: string | undefined): void;
  tick(now: number): void;
  /** Ids as they stand on the screen, from the top. */
  order(): readonly string[];
  /** The first that the search found. */
  first(): string | undefined;
  element(id: string): HTMLElement | undefined;
}

const names = ['unacknowledged', 'acknowledged', 'tests', 'today'] as const;
type Name = (typeof names)[number];

/** Tests never stand among real calls, whatever their state. */
function columnOf(emergency: EmergencyView): Name {
  if (emergency.state === 'resolved') return 'today';
  return emergency.test ? 'tests' : emergency.state;
}

export function createColumns(): Columns {
  const cards = new Map<string, Card>();
  let order: readonly string[] = [];
  let first: string | undefined;

  function cardOf(id: string) {
    const card = cards.get(id) ?? createCard(id);
    cards.set(id, card);
    return card;
  }
  return {
    draw(emergencies, filter, selected) {
      const focused = document.activeElement;
      const isFound = (emergency: EmergencyView) => filter === '' || matches(emergency, filter);
      // No search hides a call that nobody has: it may come while one is left open. What was found stands before it.
      const kept = (emergency: EmergencyView) => !isFound(emergency) && emergency.state === 'unacknowledged';
      const found = [...emergencies.filter(isFound), ...emergencies.filter(kept)];
      const inColumn: Record<Name, EmergencyView[]> = { unacknowledged: [], acknowledged: [], tests: [], today: [] };
      for (const emergency of found) inColumn[columnOf(emergency)].push(emergency);
      for (const name of names) {
        const section = byId(name);
        const shown = inColumn[name];
        const elements = shown.map((emergency) => {
          const card = cardOf(emergency.id);
          card.update(emergency);
          card.element.toggleAttribute('data-selected', emergency.id === selected);
          card.element.querySelector('a')?.setAttribute('aria-current', String(emergency.id === selected));
          return card.element;
        });
        setChildren(section.querySelector('.cards') ?? section, elements);
        setText(section.querySelector('.count') ?? section, name === 'today' ? summary(shown) : String(shown.length));
        section.toggleAttribute('data-empty', shown.length === 0);
      }
      // A card that goes to another column takes the focus with it.
      if (focused instanceof HTMLElement && focused.isConnected && focused !== document.activeElement)
        focused.focus({ preventScroll: true });
      order = names.flatMap((name) => inColumn[name].map((emergency) => emergency.id));
      first = names.flatMap((name) => inColumn[name]).find(isFound)?.id;
      const all = new Set(emergencies.map((emergency) => emergency.id));
      for (const id of cards.keys()) if (!all.has(id)) cards.delete(id);
    },
    tick(now) {
      for (const id of order) cards.get(id)?.tick(now);
    },
    order: () => order,
    first: () => first,
    element: (id) => cards.get(id)?.element,
  };
}

/** Missed: resolved without anybody ever having taken it. */
function summary(resolved: readonly EmergencyView[]): string {
  const real = resolved.filter((emergency) => !emergency.test);
  const missed = real.filter((emergency) => emergency.acknowledged === undefined);
  return `${real.length} resolved · ${resolved.length - real.length} test · ${missed.length} missed`;
}

function matches(emergency: EmergencyView, filter: string): boolean {
  const { street, inside, town } = placeLines(emergency.location);
  const { caller, acknowledged, dialledNumber } = emergency;
  return [street, inside, town, caller?.name, caller?.callbackNumber, acknowledged?.by, dialledNumber, emergency.id]
    .join(' ')
    .toLowerCase()
    .includes(filter.toLowerCase());
}
