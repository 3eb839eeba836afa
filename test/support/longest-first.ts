import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders of files that take half a minute and more, the longest first. */
const long = [
  'test/system/subscribed/',
  'test/system/',
  'test/infra/engine/',
  'test/workflows/',
  'test/adapters/temporal/',
  'test/architecture/',
  'test/web/',
  'test/cli/',
];

/** Begins with what takes longest, so that at the end no worker waits for a single file. A class, as vitest makes it itself. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = long.findIndex((folder) => moduleId.includes(`/${folder}`));
      return found < 0 ? long.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
