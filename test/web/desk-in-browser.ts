import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launchBrowser } from '#test/support/browser.ts';
import { type OpenDesk, type OpenOptions, openDesk } from '#test/web/desk-browser.ts';
import { type RunningDesk, runDesk } from '#test/web/desk-server.ts';
import type { DeskServerOptions } from '#web/server.ts';

/** What the tests of a file share: one browser, and for each test a desk of its own. */
export interface DeskInBrowser {
  readonly browser: Browser;
  /** May be replaced by one that was started in its place. */
  desk: RunningDesk;
  open(options?: OpenOptions): Promise<OpenDesk>;
}

/** To be called once at the top of a file: it starts and ends both around the tests. */
export function deskInBrowser(options: Partial<DeskServerOptions> = {}): DeskInBrowser {
  let browser: Browser;
  let desk: RunningDesk;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    desk = await runDesk(options);
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await desk.close();
  });
  return {
    get browser() {
      return browser;
    },
    get desk() {
      return desk;
    },
    set desk(next) {
      desk = next;
    },
    open: (how) => openDesk(browser, desk.url, how),
  };
}
