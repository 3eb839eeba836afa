import type { Browser, Page } from 'playwright-core';
import { eventually } from '#test/support/eventually.ts';

/** What an operator reads in Temporal's own pages. */
export interface ReadInUi {
  /** The list, filtered by `TocsinState`. */
  readonly list: string;
  /** The page of the entity. */
  readonly details: string;
}

/** Opens the list of Temporal's pages filtered by a state, and the one entity that is in it. */
export async function readInUi(browser: Browser, ui: string, state: string, workflowId: string): Promise<ReadInUi> {
  const page = await browser.newPage();
  try {
    await page.goto(`${ui}/namespaces/default/workflows?query=${encodeURIComponent(`TocsinState="${state}"`)}`);
    const link = page.getByRole('link', { name: workflowId }).first();
    await link.waitFor({ timeout: 30_000 });
    const list = await textOf(page);
    await link.click();
    await page.getByText('User Metadata').first().click();
    // They are shown in a frame of their own, as they may be formatted.
    const frame = page.frameLocator('#user-metadata-current-details').locator('body');
    const details = await eventually('the details', async () => {
      const text = (await frame.textContent({ timeout: 20_000 })) ?? '';
      return text.includes('Next:') && text;
    });
    return { list, details };
  } finally {
    await page.close();
  }
}

const textOf = (page: Page) =>
  page
    .locator('body')
    .textContent()
    .then((text) => text ?? '');
