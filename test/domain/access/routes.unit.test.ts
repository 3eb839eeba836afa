import { describe, expect, it } from 'vitest';
import { routeRules, ruleOf } from '#domain/access/routes.ts';

describe('the table of addresses', () => {
  it('has each address once', () => {
    const named = routeRules.map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(named)]).toEqual(named);
  });

  it('leaves nothing that changes anything to everybody or to whoever is signed in, but signing out', () => {
    const loose = routeRules.filter(
      ({ method, need }) => method === 'POST' && (need === 'everybody' || need === 'signed-in'),
    );
    expect(loose.map(({ path }) => path)).toEqual(['/api/sign-out']);
  });

  it.each([
    ['GET', '/api/emergencies/7', ['calls.see']],
    ['HEAD', '/api/emergencies', ['calls.see']],
    ['GET', '/api/audit/counts', ['record.read', 'record.read']],
    ['POST', '/api/emergencies/7/acknowledge', ['calls.act']],
    ['GET', '/health/live', ['everybody']],
  ])('%s %s is known', (method, path, needs) => {
    expect(ruleOf(method, path)).toEqual({ known: true, needs });
  });

  it.each([
    ['GET', '/api/emergencies/'],
    ['GET', '/api/emergencies/7/'],
    ['GET', '/api/emergencies/7/8'],
    ['GET', '//api/emergencies'],
    ['GET', '/API/emergencies'],
    ['GET', '/apiXopenapi.json'],
    ['GET', '/api/openapiXjson'],
    ['GET', '/health/live/more'],
    ['GET', '/assets/a/b'],
    ['GET', ''],
    ['GET', '/__proto__'],
  ])('%s %s is for nobody', (method, path) => {
    expect(ruleOf(method, path)).toEqual({ known: false, allow: [] });
  });

  it('says which methods an address takes', () => {
    expect(ruleOf('DELETE', '/api/emergencies')).toEqual({ known: false, allow: ['GET'] });
    expect(ruleOf('GET', '/api/emergencies/7/resolve')).toEqual({ known: false, allow: ['POST'] });
    expect(ruleOf('get', '/')).toEqual({ known: false, allow: ['GET'] });
  });
});
