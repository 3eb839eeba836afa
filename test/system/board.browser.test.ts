import { expect, it, onTestFinished } from 'vitest';
import { people } from '#simulator/teams/directory.ts';
import { launchBrowser } from '#test/support/browser.ts';
import { board, deskOf, onBoard, placeCall } from '#test/support/desk.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin } from '#test/support/tocsin-process.ts';
import { openDesk } from '#test/web/desk-browser.ts';

// The other tests of the board give the pages data of their own; here everything is what `npm start` runs.
it('shows a dialled call on two desks, which one of two persons gets, and is right again after the process was killed', async () => {
  const stateDir = temporaryFolder();
  const first = await startTocsin(stateDir, ['--simulate']);
  const desk = deskOf(first);
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const [one, two] = await Promise.all([
    openDesk(browser, desk, { name: 'A. Reyes' }),
    openDesk(browser, desk, { name: 'B. Okafor', width: 390, height: 844 }),
  ]);
  const both = [one, two];

  const call = await placeCall(first, { caller: people[0]?.displayName });
  const { id } = await onBoard(desk, call);
  await Promise.all(both.map(({ page }) => page.waitForSelector(`#unacknowledged .card[data-id="${id}"]`)));
  await Promise.all(both.map(({ page }) => page.keyboard.press('a')));
  await Promise.all(both.map(({ page }) => page.waitForSelector(`#acknowledged .card[data-id="${id}"]`)));
  const owners = await Promise.all(both.map(({ page }) => page.textContent('.card .owner')));
  const owner = owners[0]?.replace(/ has it since .*/, '') ?? '';
  expect(['A. Reyes', 'B. Okafor']).toContain(owner);
  expect(owners[1]).toContain(owner);
  const loser = owner === 'A. Reyes' ? two : one;
  await loser.page.getByText(`${owner} was first`).waitFor();

  await first.end('SIGKILL');
  const second = await startTocsin(stateDir, ['--simulate'], { TOCSIN_HTTP: new URL(desk).host });
  const later = await onBoard(desk, await placeCall(second, { caller: people[3]?.displayName }));
  for (const { page } of both) {
    await page.waitForSelector(`#unacknowledged .card[data-id="${later.id}"]`);
    expect(await page.locator('#acknowledged .card').getAttribute('data-id')).toBe(id);
  }
  expect((await board(desk)).map((one) => one.id)).toEqual([later.id, id]);
  for (const { complaints } of both) expect(complaints).toEqual([]);
});
