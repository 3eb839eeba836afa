import { byId, el } from './dom.ts';

/** Says something that happened; it stays long enough to be read and can be clicked away. */
export function toast(text: string, kind: 'info' | 'problem' = 'info'): void {
  const item = el('p', { class: `toast ${kind}`, text, onClick: () => item.remove() });
  byId('toasts').append(item);
  setTimeout(() => item.remove(), kind === 'problem' ? 12_000 : 5000);
}

/** Said at once by a screen reader, whatever has the focus (WAI-ARIA alert role); takes no focus. */
export function announce(text: string): void {
  byId('announce').textContent = text;
}
