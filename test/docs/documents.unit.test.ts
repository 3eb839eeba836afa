import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flagOf } from '#cli/setting-flags.ts';
import { settings } from '#config/settings.ts';
import { errorCodes } from '#domain/errors.ts';
import {
  callsIn,
  complaintAbout,
  documents,
  inlineCalls,
  root,
  shellLines,
  textOf,
  unknownIn,
} from '#test/docs/documents.ts';
import { operations } from '#web/openapi-document.ts';

const calls = documents.flatMap((document) =>
  shellLines(textOf(document)).flatMap((line) =>
    callsIn(line).map((words) => [document, words.join(' '), words] as const),
  ),
);
const mentions = documents.flatMap((document) =>
  inlineCalls(textOf(document)).map((words) => [document, words.join(' '), words] as const),
);

describe('the documents', () => {
  it('are found, and so are the commands in them', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/operator.md', 'docs/responder.md']));
    expect(calls.length).toBeGreaterThan(20);
    expect(mentions.length).toBeGreaterThan(5);
  });

  it('show the two commands that set everything up', () => {
    const lines = shellLines(textOf('README.md'));
    expect(lines).toContain('npm ci && npm start');
    expect(lines).toContain('npm ci && npm test');
  });

  it.each(calls)('show in %s a command that the grammar takes: tocsin %s', async (_, __, words) => {
    expect(await complaintAbout(words)).toBeUndefined();
  });

  it.each(mentions)('mention in %s a command that there is: tocsin %s', (_, __, words) => {
    expect(unknownIn(words)).toBeUndefined();
  });

  it('would be caught with a command or an option that there is not', async () => {
    expect(await complaintAbout(['emergency', 'forget', 'x'])).toContain('unknown command');
    expect(await complaintAbout(['status', '--verbose'])).toContain('unknown option');
    expect(await complaintAbout(['emergency'])).toBe('only prints help');
    expect(unknownIn(['emergency', 'forget'])).toBe('there is no command forget');
    expect(unknownIn(['run', '--fast'])).toBe('there is no option --fast');
    expect(callsIn('export $(npx tocsin simulate settings --env) && npx tocsin run ingest')).toEqual([
      ['simulate', 'settings', '--env'],
      ['run', 'ingest'],
    ]);
    expect(callsIn('cat .tocsin/file; ls tocsin-x')).toEqual([]);
  });

  it.each(documents)('link in %s only to what is there', (document) => {
    const text = textOf(document).replaceAll(/```.*?```/gs, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      expect(existsSync(join(root, file)), target).toBe(true);
      if (anchor !== undefined && file.endsWith('.md')) expect(anchorsOf(textOf(file)), target).toContain(anchor);
    }
  });

  it('have tables that are what the code says', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/generate-docs.ts', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('list every setting and every error', () => {
    const listed = textOf('docs/settings.md');
    for (const { name } of Object.values(settings)) expect(listed).toContain(`\`${name}\``);
    const errors = textOf('docs/errors.md');
    for (const code of Object.keys(errorCodes)) expect(errors).toContain(`\`${code}\``);
  });

  it.each(documents)('name in %s only settings and flags that there are', (document) => {
    const known = new Set<string>(Object.values(settings).map(({ name }) => name));
    for (const [, name = ''] of textOf(document).matchAll(/\b(TOCSIN_[A-Z_]+[A-Z])\b/g)) {
      const plain = name.replace(/_FILE$/, '');
      const other = /^TOCSIN_(TEST_|CACHE_DIR|PROJECT)/.test(name);
      expect(known.has(name) || known.has(plain) || other, name).toBe(true);
    }
  });

  it('say in the guide for operators how a setting becomes a flag', () => {
    expect(flagOf('TOCSIN_EVENT_HUB')).toBe('--event-hub');
    expect(textOf('docs/operator.md')).toContain('`TOCSIN_EVENT_HUB` is `--event-hub`');
  });

  it('describe for scripts every operation that the desk serves', () => {
    const guide = textOf('docs/operator.md');
    for (const { path } of operations) {
      const written = path.replaceAll(/\{(\w+)\}/g, ':$1');
      expect(guide, written).toContain(written);
    }
    for (const word of ['order', 'since', 'until', 'emergency', 'feed', 'X-Tocsin-Client: cli', 'X-Tocsin-Request: 1'])
      expect(guide).toContain(word);
  });
});

/** Anchors as GitHub makes them of headings, and those that are written out. */
function anchorsOf(text: string): readonly string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}
