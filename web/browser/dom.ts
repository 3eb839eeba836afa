/** What an element is made with. There is no way to hand in markup: text is inserted as text. */
export interface Props {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  /** Attributes by name; absent where undefined. */
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  readonly onClick?: (event: MouseEvent) => void;
}

export type Child = Node | string | undefined;

/** Makes an element; undefined children are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class !== undefined) element.className = props.class;
  if (props.text !== undefined) element.textContent = props.text;
  if (props.title !== undefined) element.title = props.title;
  for (const [name, value] of Object.entries(props.attributes ?? {}))
    if (value !== undefined) element.setAttribute(name, value);
  if (props.onClick !== undefined) element.addEventListener('click', props.onClick as EventListener);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** A button; `key` is the letter that does the same. */
export function button(
  word: string,
  onClick: (event: MouseEvent) => void,
  options: { class?: string; key?: string } = {},
) {
  const element = el('button', { attributes: { type: 'button' }, onClick }, el('span', { text: word }));
  if (options.class !== undefined) element.className = options.class;
  if (options.key !== undefined) {
    element.append(el('kbd', { text: options.key, attributes: { 'aria-hidden': 'true' } }));
    element.setAttribute('aria-keyshortcuts', options.key);
  }
  return element;
}

/** The element with that id; the page's shell has it. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Changes text only where it differs: an untouched node costs no layout and is not announced again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts children in this order and moves only those that stand elsewhere. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    const there = parent.children[index];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}

/**
 * What stands there already where it is the same: news comes while somebody presses a button, and a button that is replaced between press and release is not
 * clicked; and what is replaced loses the focus, and the text that somebody marks.
 */
export function standing(parent: Element, part: Element): Element {
  return [...parent.children].find((there) => there.isEqualNode(part)) ?? part;
}
