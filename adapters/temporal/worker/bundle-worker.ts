// Bundles workflows in a process of its own: that takes seconds of computing and a quarter of a gigabyte, both of which are gone with it.
// Argument: `BundleOptions` of the SDK and the file to write, as JSON. What is wrong with the sources comes out of stderr.
import { writeFileSync } from 'node:fs';
import { type BundleOptions, bundleWorkflowCode } from '@temporalio/worker';

const { output, ...options }: BundleOptions & { readonly output: string } = JSON.parse(process.argv[2] ?? '{}');
const ignore = () => {};
let said = '';
const keep = (message: string) => {
  said += `${message}\n`;
};

try {
  const logger = { log: ignore, trace: ignore, debug: ignore, info: keep, warn: keep, error: keep };
  const { code } = await bundleWorkflowCode({ ...options, logger });
  writeFileSync(output, code);
} catch (error) {
  // The first error of the bundler says more than the exception, which only says that there were some.
  const first = said.indexOf('ERROR in');
  process.stderr.write(first < 0 ? String(error) : said.slice(first, first + 1_500));
  process.exitCode = 1;
}
