import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lintDockerfile } from '#test/deploy/dockerfile-rules.ts';

const file = new URL('../../Dockerfile', import.meta.url);
const content = readFileSync(file, 'utf8');
const ignored = readFileSync(new URL('../../.dockerignore', import.meta.url), 'utf8').split('\n');

describe('the Dockerfile', () => {
  it('keeps every rule', () => {
    expect(lintDockerfile(content)).toEqual([]);
  });

  it.each([
    ['a base image by tag alone', /@sha256:[0-9a-f]{64}/, '', 'pinned by tag and digest'],
    ['a base image whose tag can be anything', /24\.18\.0-bookworm-slim@/, 'latest@', 'pinned by tag and digest'],
    ['ADD of a URL', 'USER 1000:1000', 'ADD https://example.com/x /x\nUSER 1000:1000', 'by ADD'],
    [
      'a script from the network',
      'USER 1000:1000',
      'RUN curl -s https://example.com/x | bash\nUSER 1000:1000',
      'script from the network',
    ],
    [
      'apt lists that stay',
      'USER 1000:1000',
      'RUN apt-get update && apt-get install -y jq=1.6\nUSER 1000:1000',
      'leaves no lists',
    ],
    [
      'apt without versions',
      'USER 1000:1000',
      'RUN apt-get install -y jq && rm -rf /var/lib/apt/lists/*\nUSER 1000:1000',
      'pinned versions',
    ],
    ['packages for development', '"--omit=dev", ', '', 'without those for development'],
    ['install scripts', '"--ignore-scripts", ', '', 'run no scripts'],
    ['root', 'USER 1000:1000', 'USER root', 'not root'],
    ['no user at all', 'USER 1000:1000\n', '', 'not root'],
    ['a relative working folder', 'WORKDIR /etc/tocsin', 'WORKDIR etc', 'absolute'],
    ['a secret in the environment', 'NODE_ENV=production', 'TOCSIN_WEBHOOK_SECRET=x', 'no secret'],
    ['a copy without an owner', 'COPY --chown=root:root . /opt/tocsin', 'COPY . /opt/tocsin', 'has an owner'],
    ['no health check', /^HEALTHCHECK.*\n/m, '', 'health is asked after'],
    ['another signal', 'STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGKILL', 'SIGTERM'],
    ['a shell in between', 'ENTRYPOINT ["tocsin"]', 'ENTRYPOINT tocsin', 'without a shell'],
    ['no labels', /org\.opencontainers\.image\.revision/, 'x', 'says what it is'],
  ])('is refused with %s', (_, what, instead, sentence) => {
    const broken = content.replace(what, instead);
    expect(broken).not.toBe(content);
    expect(lintDockerfile(broken).join('\n')).toContain(sentence);
  });

  it('lets nothing into the image but what is named', () => {
    expect(ignored.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    for (const never of ['!.git', '!test', '!docs', '!deploy/secrets', '!.tocsin', '!node_modules', '!deploy'])
      expect(ignored).not.toContain(never);
  });

  it('gives the image every folder that the program imports from', () => {
    const imports = Object.keys(
      JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).imports,
    );
    const notInProduction = ['bench', 'deploy', 'scripts', 'test'];
    const needed = imports.map((name) => name.slice(1, -2)).filter((name) => !notInProduction.includes(name));
    for (const folder of needed) expect(ignored, folder).toContain(`!${folder}`);
  });

  it('points whatever writes at run time to the state folder, because the root is read-only and nothing in /tmp may be executed', () => {
    for (const name of ['TOCSIN_STATE_DIR', 'TOCSIN_CACHE_DIR', 'SWC_NATIVE_BINDING_CACHE'])
      expect(content).toMatch(new RegExp(`\\b${name}=/var/lib/tocsin(/|\\s)`));
  });

  it('asks for a Node that the program accepts', () => {
    const [, major, minor] = /^ARG NODE_IMAGE=node:(\d+)\.(\d+)\./m.exec(content) ?? [];
    const engines = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).engines.node;
    const [, least, leastMinor] = /^>=(\d+)\.(\d+)/.exec(engines) ?? [];
    expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(Number(least) * 100 + Number(leastMinor));
  });
});
