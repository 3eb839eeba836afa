import { dialogOpen, showHelp } from './dialogs.ts';

export type KeyActions = Readonly<
  Partial<Record<'a' | 'r' | 'c' | 'm' | 'next' | 'previous' | 'open' | 'search', () => void>>
>;

/** True while keys belong to a field or a dialog: then none of them acts on a call. */
export function typing(): boolean {
  const active = document.activeElement;
  return (
    dialogOpen() || (active instanceof HTMLElement && active.matches('input, textarea, select, [contenteditable]'))
  );
}

const names: Readonly<Record<string, keyof KeyActions>> = {
  a: 'a',
  r: 'r',
  c: 'c',
  m: 'm',
  j: 'next',
  ArrowDown: 'next',
  k: 'previous',
  ArrowUp: 'previous',
  Enter: 'open',
  '/': 'search',
};

/** One letter, one act. Never with a modifier, never while somebody types, never twice for a key that is held down. */
export function listenToKeys(actions: KeyActions): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing()) return;
    if (event.key === '?') return void showHelp();
    const name = names[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const action = name === undefined ? undefined : actions[name];
    if (name === undefined || action === undefined) return;
    // Enter on a button or a link is that button's.
    if (name === 'open' && document.activeElement?.matches('a, button, summary')) return;
    event.preventDefault();
    if (event.repeat && name !== 'next' && name !== 'previous') return;
    action();
  });
}
