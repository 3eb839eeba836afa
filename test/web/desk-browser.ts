import type { Browser, BrowserContext, Page } from 'playwright-core';

/** As much of a page's own world as the tests' functions use that run in it. */
export interface PageElement {
  readonly tagName: string;
  readonly className: string;
  readonly textContent: string;
  readonly parentElement: PageElement | null;
  readonly offsetParent: unknown;
  readonly clientHeight: number;
  readonly clientWidth: number;
  readonly scrollWidth: number;
  readonly dataset: Readonly<Record<string, string>>;
  closest(selector: string): PageElement | null;
  matches(selector: string): boolean;
  getAttribute(name: string): string | null;
  click(): void;
}
export interface PageWindow {
  readonly document: {
    readonly documentElement: PageElement;
    readonly activeElement: PageElement | null;
    querySelector(selector: string): PageElement | null;
    querySelectorAll(selector: string): Iterable<PageElement>;
  };
  readonly performance: { now(): number };
  getComputedStyle(
    element: PageElement,
    pseudo?: string,
  ): Readonly<Record<'backgroundColor' | 'color' | 'fontSize' | 'animationName', string>>;
  readonly MutationObserver: new (
    listener: (
      mutations: readonly {
        readonly type: string;
        readonly target: PageElement;
        readonly addedNodes: { readonly length: number };
      }[],
    ) => void,
  ) => { observe(target: PageElement | null, options: object): void };
  seen: { added: number; texts: number };
}

export interface OpenOptions {
  readonly name?: string | null;
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'dark' | 'light';
  readonly path?: string;
  /** Hands the page's timers to the test. */
  readonly clock?: boolean;
}

export interface OpenDesk {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Everything that the browser complained about: must stay empty. */
  readonly complaints: string[];
}

/** A desk in a browser profile of its own. `name: null` has not said who it is. */
export async function openDesk(browser: Browser, url: string, options: OpenOptions = {}): Promise<OpenDesk> {
  const { name = 'A. Reyes', width = 1440, height = 900, scheme = 'dark', path = '/', clock = false } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  if (name !== null) await context.addInitScript((by) => localStorage.setItem('tocsin.name', by), name);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security|Refused/.test(message.text())) complaints.push(message.text());
  });
  if (clock) await page.clock.install();
  await page.goto(url + path);
  await page.waitForSelector('html[data-live=yes]');
  return { page, context, complaints };
}

/** Arms the desk as a person does. */
export async function arm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Arm this desk' }).click();
  await page.getByRole('button', { name: 'Yes, I heard it' }).click();
  await page.waitForSelector('html[data-sound=armed]');
}

/** Elements whose text has less contrast than they must have (WCAG 2.2, 1.4.3), with what they have. */
export async function weakContrast(page: Page, selector: string, least: number): Promise<string[]> {
  return page.evaluate(
    ({ selector, wanted }) => {
      const { document, getComputedStyle } = globalThis as unknown as PageWindow;
      const parse = (text: string) => {
        const numbers = (text.match(/[\d.]+/g) ?? []).map(Number);
        const scale = text.startsWith('color(') ? 255 : 1;
        return { rgb: numbers.slice(0, 3).map((value) => value * scale), alpha: numbers[3] ?? 1 };
      };
      const luminance = (rgb: number[]) => {
        const [r = 0, g = 0, b = 0] = rgb.map((value) => {
          const part = value / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (element: PageElement): number[] => {
        for (let at: PageElement | null = element; at !== null; at = at.parentElement) {
          const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
          if (alpha === 1) return rgb;
        }
        return [255, 255, 255];
      };
      return [...document.querySelectorAll(selector)]
        .filter((element) => element.offsetParent && element.textContent.trim() !== '')
        .map((element) => {
          const [a, b] = [luminance(parse(getComputedStyle(element).color).rgb), luminance(ground(element))];
          const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          return { what: `${element.tagName}.${element.className} "${element.textContent.slice(0, 30)}"`, ratio };
        })
        .filter(({ ratio }) => ratio < wanted)
        .map(({ what, ratio }) => `${what}: ${ratio.toFixed(2)}`);
    },
    { selector, wanted: least },
  );
}
